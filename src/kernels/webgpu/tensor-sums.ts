/** Sums over the elements of each of many tensors, without atomics: every element's place in the additions is fixed. */
import type { TensorSpec } from "../operation.ts";
import { sizeOf } from "../shape.ts";
import { type TensorSource, u32, type WgslLimits, type WgslParameter, type WgslProgram } from "./program.ts";
import { forEachMember, groupMembers } from "./tensor-groups.ts";

/** Invocations of a workgroup that adds up terms, a power of 2; and terms that one of them takes. */
const INVOCATIONS = 256;
const TERMS_PER_INVOCATION = 16;
/** Workgroups for one tensor at most; with larger ones each invocation takes more terms. */
const LARGEST_GROUPS = 256;

/** What is added up. */
export interface Summand {
  /** WGSL of `fn term(x: f32) -> T`, where T is `type`. */
  readonly term: string;
  readonly type: "f32" | "i32";
}

/** An entry point whose workgroups each add up the `total` that `collect` leaves in an invocation, into `out`. */
function workgroupTotal(type: Summand["type"], collect: string, place: string): string {
  return `
var<workgroup> totals: array<${type}, ${INVOCATIONS}>;

@compute @workgroup_size(${INVOCATIONS})
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3<u32>) {
  var total = ${type}(0);
${collect}
  totals[lane] = total;
  for (var half = ${INVOCATIONS / 2}u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { totals[lane] += totals[lane + half]; }
  }
  if (lane == 0u) { out[${place}] = totals[0]; }
}`;
}

/** Partial sums [tensors, groups]: workgroup (x, y) adds up every `groups`-th stretch of the y-th tensor from x on. */
function partialSource({ term, type }: Summand, size: number): string {
  const add = (member: number) => `    case ${member}u: {
      for (var i = first; i < parameters.count${member}; i += stride) { total += term(x${member}[i]); }
    }`;
  const collect = `  let first = group.x * ${INVOCATIONS}u + lane;
  let stride = parameters.groups * ${INVOCATIONS}u;
  switch group.y {
${forEachMember(size, add)}
    default: {}
  }`;
  const place = "(parameters.first + group.y) * parameters.groups + group.x";
  return term + workgroupTotal(type, collect, place);
}

/** The sum of every row of x [rows, columns]. */
function rowSource(type: Summand["type"]): string {
  const collect = `  let start = group.x * parameters.columns;
  for (var j = lane; j < parameters.columns; j += ${INVOCATIONS}u) { total += x[start + j]; }`;
  return workgroupTotal(type, collect, "group.x");
}

/**
 * Programs that write the sums of `summand` over each of the inputs to output 0, or with `together` one sum of all.
 */
export function sumPrograms(
  name: string,
  summand: Summand,
  inputs: readonly TensorSpec[],
  limits: WgslLimits,
  { together }: { together: boolean },
): WgslProgram[] {
  const members = inputs.map(({ shape }, input) => ({ input, count: sizeOf(shape) }));
  const largest = members.reduce((most, { count }) => Math.max(most, count), 1);
  const groups = Math.min(Math.ceil(largest / (INVOCATIONS * TERMS_PER_INVOCATION)), LARGEST_GROUPS);
  const partial: TensorSource = { scratch: 0, length: members.length * groups, dtype: summand.type };
  const [shared, each] = [
    { tensors: 1, numbers: 2 },
    { tensors: 1, numbers: 1 },
  ];
  const programs = groupMembers(members, shared, each, limits).map((group): WgslProgram => {
    const tensors: Record<string, TensorSource> = { out: partial };
    const parameters: Record<string, WgslParameter> = { groups: u32(groups), first: u32(group[0].input) };
    group.forEach(({ input, count }, member) => {
      tensors[`x${member}`] = { input };
      parameters[`count${member}`] = u32(count);
    });
    return {
      name: `${name} of ${group.length}`,
      tensors,
      parameters,
      source: partialSource(summand, group.length),
      workgroups: [groups, group.length, 1],
    };
  });
  const rows = together ? 1 : members.length;
  const total: WgslProgram = {
    name: `${name} total`,
    tensors: { x: partial, out: { output: 0 } },
    parameters: { columns: u32((members.length * groups) / rows) },
    source: rowSource(summand.type),
    workgroups: [rows, 1, 1],
  };
  return [...programs, total];
}
