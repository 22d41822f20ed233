/** Sums over the elements of each of many tensors, in parts of fixed length, without atomics: every element's place in the additions is fixed. */
import type { Places, Program, ProgramLimits, TensorPlace } from "../../dispatch.ts";
import type { TensorSpec } from "../../operation.ts";
import { sizeOf } from "../../shape.ts";
import { forEachMember, groupMembers } from "../../webgpu/tensor-groups.ts";

/** Invocations of a workgroup that adds up terms, a power of 2; and terms that one of them takes. */
const INVOCATIONS = 64;
const TERMS_PER_INVOCATION = 16;
/** Workgroups for one tensor at most; with larger ones each invocation takes more terms. */
const LARGEST_GROUPS = 1024;

/** What is added up. */
export interface Summand {
  /** WGSL of `fn term(x: f32) -> T`, where T is `type`. */
  readonly term: string;
  readonly type: "f32" | "i32";
}

/** The end of an entry point: adds up the `total` of a workgroup's invocations, into `out`. */
function addUp(place: string): string {
  return `  totals[lane] = total;
  for (var half = ${INVOCATIONS / 2}u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { totals[lane] += totals[lane + half]; }
  }
  if (lane == 0u) { out[${place}] = totals[0]; }`;
}

/** An entry point of workgroups that share `totals`. */
function entryPoint(type: Summand["type"], body: string): string {
  return `
var<workgroup> totals: array<${type}, ${INVOCATIONS}>;

@compute @workgroup_size(${INVOCATIONS})
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3<u32>) {
${body}
}`;
}

/**
 * Partial sums [tensors, groups]: workgroup (x, y) adds up every `groups`-th stretch of the y-th tensor from x on. The
 * longest tensor decides how many workgroups each has; those that find nothing to do leave before the barriers.
 */
function partialSource({ term, type }: Summand, size: number): string {
  const choice = (head: string, valueFor: (member: number) => string, otherwise: string) => `
fn ${head} {
  switch tensor {
${forEachMember(size, (member) => `    case ${member}u: { return ${valueFor(member)}; }`)}
    default: { return ${otherwise}; }
  }
}
`;
  const elements = choice("element(tensor: u32, i: u32) -> f32", (member) => `x${member}[i]`, "0.0");
  const counts = choice("count(tensor: u32) -> u32", (member) => `parameters.count${member}`, "0u");
  const body = `  let count = count(group.y);
  let first = group.x * ${INVOCATIONS}u;
  let place = (parameters.first + group.y) * parameters.groups + group.x;
  if (first >= count) {
    if (lane == 0u) { out[place] = ${type}(0); }
    return;
  }
  var total = ${type}(0);
  for (var i = first + lane; i < count; i += parameters.groups * ${INVOCATIONS}u) {
    total += term(element(group.y, i));
  }
${addUp("place")}`;
  return term + elements + counts + entryPoint(type, body);
}

/** The sum of every row of x [rows, columns]. */
function rowProgram(name: string, type: Summand["type"], rows: number, columns: number, tensors: Places): Program {
  const source = entryPoint(
    type,
    `  let start = group.x * parameters.columns;
  var total = ${type}(0);
  for (var j = lane; j < parameters.columns; j += ${INVOCATIONS}u) { total += x[start + j]; }
${addUp("group.x")}`,
  );
  return { name: `${name} of rows`, tensors, parameters: { columns }, source, workgroups: [rows, 1, 1] };
}

/** Programs that write the sums of `summand` over each of the inputs to output 0, or if `together` one sum of all. */
export function sumPrograms(
  name: string,
  summand: Summand,
  inputs: readonly TensorSpec[],
  limits: ProgramLimits,
  { together }: { together: boolean },
): Program[] {
  const { type } = summand;
  const members = inputs.map(({ shape }, input) => ({ input, count: sizeOf(shape) }));
  const rows = members.length;
  const largest = members.reduce((most, { count }) => Math.max(most, count), 1);
  const groups = Math.min(Math.ceil(largest / (INVOCATIONS * TERMS_PER_INVOCATION)), LARGEST_GROUPS);
  const partial: TensorPlace = { scratch: 0, length: rows * groups, dtype: type };
  const programs = groupMembers(members, { tensors: 1, numbers: 2 }, { tensors: 1, numbers: 1 }, limits).map(
    (group): Program => {
      const tensors: Record<string, TensorPlace> = { out: partial };
      const parameters: Record<string, number> = { groups, first: group[0].input };
      group.forEach(({ input, count }, member) => {
        tensors[`x${member}`] = { input };
        parameters[`count${member}`] = count;
      });
      return {
        name: `${name} of ${group.length}`,
        tensors,
        parameters,
        source: partialSource(summand, group.length),
        workgroups: [groups, group.length, 1],
      };
    },
  );
  const result: TensorPlace = { output: 0 };
  const sums: TensorPlace = together ? { scratch: 1, length: rows, dtype: type } : result;
  programs.push(rowProgram(name, type, rows, groups, { x: partial, out: sums }));
  if (together) programs.push(rowProgram(name, type, 1, rows, { x: sums, out: result }));
  return programs;
}
