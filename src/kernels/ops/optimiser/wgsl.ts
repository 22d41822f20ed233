/** What optimisers share in WGSL: an update of many parameters, as many of them in one program as it can bind. */
import type { TensorSpec } from "../../operation.ts";
import { sizeOf } from "../../shape.ts";
import {
  forEachIndex,
  gridFor,
  u32,
  type WgslLimits,
  type WgslParameter,
  type WgslProgram,
} from "../../webgpu/program.ts";
import { forEachMember, groupMembers, sourceBySize } from "../../webgpu/tensor-groups.ts";

/** One parameter p and its gradient g, at the group's indices from `end` of the one before to its own. */
function updateMember(member: number): string {
  const first = member === 0 ? "0u" : `parameters.end${member - 1}`;
  return `  if (i < parameters.end${member}) {
    let at = i - ${first};
    p${member}[at] = updated(p${member}[at], g${member}[at], parameters.start${member} + at);
    return;
  }`;
}

/**
 * Sources of update programs by the number of their parameters.
 *
 * @param updated WGSL of `fn updated(value: f32, gradient: f32, place: u32) -> f32`, which gives a parameter's element
 * after the update and updates the element's state: that is at `place` in the first row of `state`, and each further
 * row is `parameters.row` behind the one before. The gradient is not multiplied by `scale[0]` yet.
 */
export function updateSources(updated: string): (size: number) => string {
  return sourceBySize((size) => updated + forEachIndex(forEachMember(size, updateMember)));
}

/**
 * The programs of an update with inputs scale, state [rows, N] and then pairs of a parameter and its gradient, and
 * outputs state and parameters.
 *
 * @param offsets where each parameter's elements start in a row of the state
 */
export function updatePrograms(
  name: string,
  sources: (size: number) => string,
  numbers: Readonly<Record<string, WgslParameter>>,
  [, state, ...pairs]: readonly TensorSpec[],
  offsets: readonly number[],
  limits: WgslLimits,
): WgslProgram[] {
  const members = offsets.map((start, index) => ({ index, start, size: sizeOf(pairs[2 * index].shape) }));
  const shared = { tensors: 2, numbers: 2 + Object.keys(numbers).length };
  const each = { tensors: 2, numbers: 2 };
  return groupMembers(members, shared, each, limits).map((group) => {
    const tensors: Record<string, WgslProgram["tensors"][string]> = {
      scale: { input: 0 },
      state: { output: 0 },
    };
    const places: Record<string, WgslParameter> = {};
    let end = 0;
    group.forEach(({ index, start, size }, member) => {
      tensors[`p${member}`] = { output: 1 + index };
      tensors[`g${member}`] = { input: 3 + 2 * index };
      end += size;
      places[`start${member}`] = u32(start);
      places[`end${member}`] = u32(end);
    });
    return {
      name: `${name} of ${group.length}`,
      tensors,
      parameters: { count: u32(end), row: u32(state.shape[1]), ...numbers, ...places },
      source: sources(group.length),
      workgroups: gridFor(end),
    };
  });
}
