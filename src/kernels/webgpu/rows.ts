/** Programs with one invocation for each row of a tensor, along its last axis, under an optional mask. */
import type { Program } from "../dispatch.ts";
import { broadcastStrides, lastExtent, type Shape, sizeOf } from "../shape.ts";
import type { TensorSpec } from "../tensor-spec.ts";
import { stridedOffsets } from "./broadcast.ts";
import { indexProgram, type ProgramOptions } from "./program.ts";

/** WGSL that finds a row's mask, the tensor `mask`. */
export interface MaskCode {
  /** What a masked program's name ends in; without a mask nothing. */
  readonly key: string;
  readonly parameters: Program["parameters"];
  /** `is_kept(at)`: whether the mask's element at `at` keeps what it stands for. */
  readonly functions: string;
  /** Defines `mask_start`, where the row of the mask starts, from `row`. */
  readonly start: string;
}

const NO_MASK: MaskCode = {
  key: "",
  parameters: {},
  functions: "fn is_kept(at: u32) -> bool { return true; }\n",
  start: "  let mask_start = 0u;",
};

/** For the rows of `shape` and a mask that broadcasts to it. */
export function maskCode(shape: Shape, mask: TensorSpec | undefined): MaskCode {
  if (mask === undefined) return NO_MASK;
  const strides = broadcastStrides(mask.shape, shape.length).slice(0, -1);
  const { key, parameters, code } = stridedOffsets(shape.slice(0, -1), { mask: strides }, "row");
  return {
    key: ` masked ${key}`,
    parameters,
    functions: "fn is_kept(at: u32) -> bool { return mask[at] != 0; }\n",
    start: `${code}\n  let mask_start = row_at_mask;`,
  };
}

/**
 * A program with one invocation for each row of `shape`. Its body reads `row`, where the row starts (`start`) and
 * where its mask does (`mask_start`), and walks `parameters.columns` elements.
 */
export function rowProgram(
  name: string,
  shape: Shape,
  body: string,
  {
    mask: maskSpec,
    parameters,
    functions = "",
    ...bindings
  }: ProgramOptions & { readonly mask?: TensorSpec | undefined } = {},
): Program {
  const mask = maskCode(shape, maskSpec);
  return indexProgram(
    name + mask.key,
    sizeOf(shape.slice(0, -1)),
    `  let row = i;\n  let start = row * parameters.columns;\n${mask.start}\n${body}`,
    {
      ...bindings,
      parameters: { columns: lastExtent(name, shape), ...parameters, ...mask.parameters },
      functions: mask.functions + functions,
    },
  );
}
