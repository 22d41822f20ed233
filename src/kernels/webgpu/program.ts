/** How programs are written: compute shaders in WGSL, with one invocation for each index. */
import type { Program, ProgramNumber } from "../dispatch.ts";

/** A number that a program reads as a float. */
export const f32 = (value: number): ProgramNumber => ({ f32: value });

/** Invocations in a workgroup of `forEachIndex`. */
const INVOCATIONS = 64;
/** Workgroups that every device allows along one axis. */
export const LARGEST_GRID = 65535;

/** Workgroups for one invocation per index from 0 to `count` - 1. */
export function gridFor(count: number): readonly [number, number, number] {
  const groups = Math.max(Math.ceil(count / INVOCATIONS), 1);
  const width = Math.min(groups, LARGEST_GRID);
  return [width, Math.ceil(groups / width), 1];
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

/** What a program may have beside its body. */
export interface ProgramOptions extends Partial<Pick<Program, "tensors" | "vectors" | "parameters">> {
  /** WGSL that the body calls. */
  readonly functions?: string;
}

/** A program with one invocation per index, whose body reads `i`. */
export function indexProgram(
  name: string,
  count: number,
  body: string,
  { parameters, functions = "", ...bindings }: ProgramOptions = {},
): Program {
  return {
    ...bindings,
    name,
    parameters: { count, ...parameters },
    source: functions + forEachIndex(body),
    workgroups: gridFor(count),
  };
}
