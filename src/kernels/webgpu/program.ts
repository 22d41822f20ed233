/** How an operation says what to run on a GPU: a WGSL compute shader, what it is bound to, and how often it runs. */
import type { TensorPlace } from "../wasm/kernel-call.ts";

/** A tensor that a program is bound to. */
export type TensorSource = TensorPlace & {
  /** Whether the source reads it as an array of vectors of 4. */
  readonly vectors?: boolean;
};

export interface WgslParameter {
  readonly type: "u32" | "i32" | "f32";
  readonly value: number;
}

/** What a GPU allows that decides how an operation is cut into programs. */
export interface WgslLimits {
  /** Tensors that one program may be bound to: 8 on every GPU, more on most. */
  readonly tensorsPerProgram: number;
}

/** One dispatch of one compute shader. */
export interface WgslProgram {
  /** Names the shader for caches and errors: programs of one name have one source and one set of bindings. */
  readonly name: string;
  /** Tensors by the name that the source calls them, each an `array<f32>` or `array<i32>`. */
  readonly tensors: Readonly<Record<string, TensorSource>>;
  /** Numbers that the source reads as `parameters.NAME`: 48 at most. */
  readonly parameters: Readonly<Record<string, WgslParameter>>;
  /** Functions and the entry point `main`; bindings and parameters are declared by the device. */
  readonly source: string;
  /** Workgroups along x, y and z. */
  readonly workgroups: readonly [number, number, number];
}

export const u32 = (value: number): WgslParameter => ({ type: "u32", value });
export const f32 = (value: number): WgslParameter => ({ type: "f32", value });

/** Invocations in a workgroup of `forEachIndex`. */
const INVOCATIONS = 64;
/** Workgroups that every device allows along one axis. */
const LARGEST_GRID = 65535;

/** Workgroups for one invocation per index from 0 to `count` - 1. */
export function gridFor(count: number): readonly [number, number, number] {
  const groups = Math.ceil(count / INVOCATIONS);
  const width = Math.min(Math.max(groups, 1), LARGEST_GRID);
  return [width, Math.ceil(Math.max(groups, 1) / width), 1];
}

/** An entry point that runs `body` once for each `i` from 0 to `parameters.count` - 1; see `gridFor`. */
export function forEachIndex(body: string): string {
  return `
@compute @workgroup_size(${INVOCATIONS})
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.x + id.y * groups.x * ${INVOCATIONS}u;
  if (i >= parameters.count) { return; }
${body}
}`;
}

/** A program with one invocation per index, whose body reads `i`. */
export function indexProgram(
  name: string,
  count: number,
  tensors: WgslProgram["tensors"],
  parameters: WgslProgram["parameters"],
  body: string,
  functions = "",
): WgslProgram {
  const source = functions + forEachIndex(body);
  return {
    name,
    tensors,
    parameters: { count: u32(count), ...parameters },
    source,
    workgroups: gridFor(count),
  };
}
