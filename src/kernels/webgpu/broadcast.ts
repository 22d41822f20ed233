/** Index arithmetic of broadcasting in WGSL. */
import type { ProgramNumber } from "../dispatch.ts";
import { broadcastStrides, loopNest, type Shape } from "../shape.ts";

/** WGSL that turns an output index into the offset of every operand, and the numbers it reads. */
export interface OffsetCode {
  /** Identifies the code: it depends on the number of merged axes alone. */
  readonly key: string;
  readonly parameters: Readonly<Record<string, ProgramNumber>>;
  /** Defines `at_NAME` for each operand from the index `i`. */
  readonly code: string;
}

/** For operands of the given shapes, read as if broadcast to `shape`. Operands of that very shape are at `i`. */
export function broadcastOffsets(shape: Shape, operands: Readonly<Record<string, Shape>>): OffsetCode {
  const rank = shape.length;
  const strides = Object.fromEntries(
    Object.entries(operands).map(([name, own]) => [name, broadcastStrides(own, rank)]),
  );
  return stridedOffsets(shape, strides);
}

/**
 * For operands with the given element strides along the axes of `shape`.
 *
 * @param index the variable that holds the index; another one than `i` also starts the names of what is defined, so
 * that a shader can use the code twice
 */
export function stridedOffsets(
  shape: Shape,
  operands: Readonly<Record<string, readonly number[]>>,
  index = "i",
): OffsetCode {
  const names = Object.keys(operands);
  const own = broadcastStrides(shape, shape.length);
  const nest = loopNest(shape, [own, ...Object.values(operands)]);
  const prefix = index === "i" ? "" : `${index}_`;
  const parameters: Record<string, ProgramNumber> = {};
  const lines = [`  var ${prefix}rest = ${index};`, ...names.map((name) => `  var ${prefix}at_${name} = 0u;`)];
  // Innermost axis first: each takes its part of the index and leaves the rest to the next.
  [...nest].reverse().forEach(({ extent, strides }, depth) => {
    const isOutermost = depth === nest.length - 1;
    const axis = `${prefix}index${depth}`;
    parameters[`${prefix}extent${depth}`] = extent;
    lines.push(`  let ${axis} = ${prefix}rest${isOutermost ? "" : ` % parameters.${prefix}extent${depth}`};`);
    if (!isOutermost) lines.push(`  ${prefix}rest = ${prefix}rest / parameters.${prefix}extent${depth};`);
    names.forEach((name, operand) => {
      parameters[`${prefix}stride${depth}_${name}`] = strides[operand + 1];
      lines.push(`  ${prefix}at_${name} += ${axis} * parameters.${prefix}stride${depth}_${name};`);
    });
  });
  return { key: `${nest.length} axes`, parameters, code: lines.join("\n") };
}
