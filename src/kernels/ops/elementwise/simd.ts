/**
 * Kernels of elementwise operations, from their expressions. Operands may be repeated along axes, so long as the axes
 * that all operands walk alike merge into three at most: the elements of a row, rows, and groups of rows.
 */
import type { Kernel, KernelCall } from "../../dispatch.ts";
import type { ElementwiseRule, TensorSpec } from "../../operation.ts";
import { broadcastStrides, type LoopAxis, loopNest, sizeOf } from "../../shape.ts";
import { defineKernel, type KernelWriter, type ParameterNames } from "../../wasm/kernel.ts";
import { sweep } from "../../wasm/stretches.ts";
import { F32, F32x4, type I32 } from "../../wasm/values.ts";
import { namesUsed } from "./expression.ts";
import { hasVectorPower, type Quantity, vectorExpression } from "./expression-vectors.ts";

/** How a kernel reads an operand. */
interface Operand {
  readonly name: string;
  readonly isInteger: boolean;
  /** Whether one element serves a whole row. */
  readonly isRepeated: boolean;
}

/** What is computed, apart from how many elements there are. */
interface Plan {
  readonly name: string;
  readonly expression: string;
  readonly operands: readonly Operand[];
  readonly givesIntegers: boolean;
  /** The number `s` of an expression with a power; for others a parameter. */
  readonly exponent: number | undefined;
}

type Addresses = Readonly<Record<string, I32>>;

/** Writes out for a row of `bytes` bytes, given where the row of each operand begins. */
function writeRow(
  write: KernelWriter,
  { expression, operands, givesIntegers, exponent }: Plan,
  bytes: I32,
  out: I32,
  rows: Addresses,
  s: F32x4 | undefined,
): void {
  const number = exponent ?? s;
  const values: Record<string, Quantity> = number === undefined ? {} : { s: number };
  const read = ({ name, isInteger }: Operand, bits: F32x4) => {
    values[name] = isInteger ? write.let(bits.asIntegers()) : write.let(bits);
  };
  for (const operand of operands) if (operand.isRepeated) read(operand, F32x4.loadSplat(rows[operand.name]));
  sweep(write, bytes, ({ load, store }) => {
    for (const operand of operands) if (!operand.isRepeated) read(operand, load(rows[operand.name]));
    store(out, stored(vectorExpression(write, expression, values), givesIntegers));
  });
}

/** The bits to store. */
function stored(result: Quantity, isInteger: boolean): F32x4 {
  if (typeof result === "number") return stored(F32x4.splat(result), isInteger);
  if (result instanceof F32x4) return isInteger ? result.toIntegers().asFloats() : result;
  return isInteger ? result.asFloats() : result.toFloats();
}

/** The kernel's parameters: besides others `s`, where the expression names it. */
function parametersOf({ expression, exponent }: Plan, i32: readonly string[]): ParameterNames {
  const takesNumber = exponent === undefined && namesUsed(expression, ["s"]).length > 0;
  return { i32: i32.join(", "), f32: takesNumber ? "s" : "" };
}

function numberOf(write: KernelWriter, { s }: Readonly<Record<string, I32 | F32>>): F32x4 | undefined {
  return s instanceof F32 ? write.let(s.splat()) : undefined;
}

/** Items are elements: one row is all there is. */
function flatKernel(plan: Plan): Kernel {
  const { name, operands } = plan;
  const parameters = parametersOf(plan, [...operands.map((operand) => operand.name), "out"]);
  return defineKernel(name, parameters, (write, given) => {
    const start = write.let(given.first.shiftLeft(2));
    const bytes = write.let(given.last.sub(given.first).shiftLeft(2));
    const fromStart = (tensor: string) => write.let(given[tensor].add(start));
    const rows = operands.map((operand) => [
      operand.name,
      operand.isRepeated ? given[operand.name] : fromStart(operand.name),
    ]);
    writeRow(write, plan, bytes, fromStart("out"), Object.fromEntries(rows), numberOf(write, given));
  });
}

/** Items are rows: row `group` * `rowsInGroup` + i of an operand is `group` group steps and i row steps from its address. */
function rowKernel(plan: Plan): Kernel {
  const names = plan.operands.map(({ name }) => name);
  const steps = names.flatMap((name) => [groupStep(name), rowStep(name)]);
  const parameters = parametersOf(plan, [...names, ...steps, "out", "columns", "rowsInGroup"]);
  return defineKernel(plan.name, parameters, (write, given) => {
    const { out, columns, rowsInGroup } = given;
    const bytes = write.let(columns.shiftLeft(2));
    const s = numberOf(write, given);
    write.loop(given.first, given.last, 1, (item) => {
      const group = write.let(item.div(rowsInGroup));
      const row = write.let(item.sub(group.mul(rowsInGroup)));
      const rows = names.map((name) => {
        const inGroup = given[name].add(group.mul(given[groupStep(name)]));
        return [name, write.let(inGroup.add(row.mul(given[rowStep(name)])))];
      });
      const target = write.let(out.add(item.mul(bytes)));
      writeRow(write, plan, bytes, target, Object.fromEntries(rows), s);
    });
  });
}

const groupStep = (operand: string) => `${operand}_group_step`;
const rowStep = (operand: string) => `${operand}_row_step`;

/** Elements that threads take at least: a cache line. */
const ELEMENTS_TOGETHER = 16;

/** The member `simd` of an operation with this rule; it keeps the kernels that it has made. */
export function elementwiseCalls({ expression, operands }: ElementwiseRule) {
  const kernels = new Map<string, Kernel>();
  const raisesToPower = expression.includes("pow(");
  /** About how many plain elements an element is worth. */
  const work = /\b(exp|log|tanh)\(/.test(expression) ? 8 : 1;

  function kernelFor(inputs: readonly TensorSpec[], out: TensorSpec, nest: readonly LoopAxis[], s?: number) {
    const [, ...innerStrides] = nest[nest.length - 1].strides;
    const isFlat = nest.length === 1;
    const exponent = raisesToPower ? s : undefined;
    const types = inputs.map(({ dtype }) => dtype);
    const key = `${isFlat} ${innerStrides} ${types} ${out.dtype} ${exponent}`;
    const known = kernels.get(key);
    if (known !== undefined) return known;
    const plan: Plan = {
      name: `${operands} -> ${expression}, ${key}`,
      expression,
      operands: operands.map((name, number) => ({
        name,
        isInteger: types[number] === "i32",
        isRepeated: innerStrides[number] === 0,
      })),
      givesIntegers: out.dtype === "i32",
      exponent,
    };
    const kernel = isFlat ? flatKernel(plan) : rowKernel(plan);
    kernels.set(key, kernel);
    return kernel;
  }

  return (
    inputs: readonly TensorSpec[],
    [out]: readonly TensorSpec[],
    attributes?: { readonly s?: number },
  ): KernelCall[] | undefined => {
    const s = attributes?.s;
    if (raisesToPower && (s === undefined || !hasVectorPower(s))) return undefined;
    const size = sizeOf(out.shape);
    if (size === 0) return [];
    const rank = out.shape.length;
    const strides = [out, ...inputs].map(({ shape }) => broadcastStrides(shape, rank));
    const nest = loopNest(out.shape, strides);
    if (nest.length > 3) return undefined;
    const kernel = kernelFor(inputs, out, nest, s);
    const given: Record<string, number> = s === undefined ? {} : { s };
    if (nest.length === 1) {
      return [{ kernel, arguments: given, items: size, itemsTogether: ELEMENTS_TOGETHER, work: work * size }];
    }
    const [rows, columns] = nest.slice(-2);
    const groups = nest.length === 3 ? nest[0] : undefined;
    given.columns = columns.extent;
    given.rowsInGroup = rows.extent;
    for (const [input, name] of operands.entries()) {
      given[groupStep(name)] = 4 * (groups?.strides[input + 1] ?? 0);
      given[rowStep(name)] = 4 * rows.strides[input + 1];
    }
    return [{ kernel, arguments: given, items: size / columns.extent, work: work * size }];
  };
}
