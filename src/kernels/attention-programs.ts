/**
 * WGSL of attention: scores, softmax and weighted sum in one pass over the keys, without the Q x K matrix (Dao et al.
 * 2022). One invocation holds one row of one head in registers and meets the rows of the other side one after the
 * other; those are the same for the whole workgroup, so that a processor reads them once for all of its lanes.
 */
import type { TensorSpec } from "./operation.ts";
import { sizeOf } from "./shape.ts";
import { f32, type TensorSource, u32, type WgslProgram } from "./webgpu/program.ts";
import type { MaskCode } from "./webgpu/rows.ts";

/** Extents of one call: [batch, queries, width] meets [batch, keys, width] in heads of `headWidth`. */
export interface AttentionExtents {
  readonly batch: number;
  readonly queries: number;
  readonly keys: number;
  readonly width: number;
  readonly headWidth: number;
  readonly heads: number;
}

export function extentsOf(q: TensorSpec, k: TensorSpec, heads: number): AttentionExtents {
  const [queries, width] = q.shape.slice(-2);
  const keys = k.shape[k.shape.length - 2];
  return { batch: sizeOf(q.shape.slice(0, -2)), queries, keys, width, headWidth: width / heads, heads };
}

/** Keys that a query meets before its running maximum is brought up to date. */
const KEYS_AT_ONCE = 4;
const LARGEST_WORKGROUP = 64;
/** Workgroups that every device allows along one axis. */
const LARGEST_GRID = 65535;

/** Writes code over one head's part of a row, `width` elements as vectors of 4. */
class HeadVectors {
  /** Whether the tensors are bound as arrays of vectors; else elements are gathered into vectors. */
  readonly areBound: boolean;

  constructor(private readonly width: number) {
    this.areBound = width % 4 === 0;
  }

  /** Elements that one index of a bound tensor stands for. */
  get unit(): number {
    return this.areBound ? 4 : 1;
  }

  /** A line for each vector. */
  each(line: (vector: number) => string): string {
    return Array.from({ length: Math.ceil(this.width / 4) }, (_, vector) => line(vector)).join("\n");
  }

  /** A vector of the row of `tensor` that begins at `start`; zeros beyond the head's width. */
  load(tensor: string, start: string, vector: number): string {
    if (this.areBound) return `${tensor}[${start} + ${vector}u]`;
    const elements = this.elements(vector).map((at) =>
      at < this.width ? `${tensor}[${start} + ${at}u]` : "0.0",
    );
    return `vec4<f32>(${elements.join(", ")})`;
  }

  store(tensor: string, start: string, vector: number, value: string): string {
    if (this.areBound) return `  ${tensor}[${start} + ${vector}u] = ${value};`;
    const lines = this.elements(vector)
      .filter((at) => at < this.width)
      .map((at) => `  ${tensor}[${start} + ${at}u] = (${value})[${at % 4}];`);
    return lines.join("\n");
  }

  /** Defines `name`, the product of the vectors `own0`, `own1`, ... and the row of `tensor` at `start`. */
  dot(name: string, own: string, tensor: string, start: string): string {
    const terms = this.each((vector) => {
      const row = this.load(tensor, start, vector);
      if (vector === 0) return `    var ${name}_parts = ${own}0 * ${row};`;
      return `    ${name}_parts = fma(${own}${vector}, ${row}, ${name}_parts);`;
    });
    const parts = `(${name}_parts.x + ${name}_parts.y) + (${name}_parts.z + ${name}_parts.w)`;
    return `${terms}\n    let ${name} = ${parts};`;
  }

  private elements(vector: number): number[] {
    return [0, 1, 2, 3].map((part) => 4 * vector + part);
  }
}

/** What the three programs have in common. */
interface HeadProgram {
  readonly name: string;
  /** Which rows the invocations hold: the body calls an invocation's own row `own`. */
  readonly rows: "queries" | "keys";
  /** Tensors [.., rows, width], of which a head's part is read. */
  readonly tensors: Readonly<Record<string, TensorSource>>;
  /** Tensors [.., heads, queries]. */
  readonly statistics: Readonly<Record<string, TensorSource>>;
  readonly mask: MaskCode;
  readonly body: string;
}

/**
 * The body also knows `matrix` (which head of which entry), `first_query` (its number among all rows of queries), and
 * `queries_start` and `keys_start`, where the head's parts of the entry's first rows begin.
 */
function headProgram(at: AttentionExtents, vectors: HeadVectors, program: HeadProgram): WgslProgram {
  const { name, rows, tensors, statistics, mask, body } = program;
  const lanes = lanesFor(at[rows]);
  const matrices = at.batch * at.heads;
  const bound = Object.entries(tensors).map(([key, source]) => [
    key,
    { ...source, vectors: vectors.areBound },
  ]);
  return {
    name: `${name} of width ${at.headWidth} in ${lanes} lanes${mask.key}`,
    tensors: { ...Object.fromEntries(bound), ...statistics, ...mask.tensors },
    parameters: {
      matrices: u32(matrices),
      heads: u32(at.heads),
      queries: u32(at.queries),
      keys: u32(at.keys),
      width: u32(at.width / vectors.unit),
      head_width: u32(at.headWidth / vectors.unit),
      scale: f32(1 / Math.sqrt(at.headWidth)),
      ...mask.parameters,
    },
    source: `${mask.functions}
@compute @workgroup_size(${lanes})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let matrix = group.y + group.z * groups.y;
  let own = group.x * ${lanes}u + lane;
  if (matrix >= parameters.matrices || own >= parameters.${rows}) { return; }
  let entry = matrix / parameters.heads;
  let head_start = matrix % parameters.heads * parameters.head_width;
  let first_query = entry * parameters.queries;
  let queries_start = first_query * parameters.width + head_start;
  let keys_start = entry * parameters.keys * parameters.width + head_start;
${body}
}`,
    workgroups: [
      Math.ceil(at[rows] / lanes),
      Math.min(matrices, LARGEST_GRID),
      Math.ceil(matrices / LARGEST_GRID),
    ],
  };
}

/** The smallest power of 2 from 8 on that holds `rows`, or the largest workgroup. */
function lanesFor(rows: number): number {
  return Math.min(LARGEST_WORKGROUP, Math.max(8, 2 ** Math.ceil(Math.log2(Math.max(rows, 1)))));
}

/** For inputs q, k, v: outputs y and each row's log-sum-exp of scores. The softmax's maximum is kept as it grows. */
export function attentionProgram(at: AttentionExtents, mask: MaskCode): WgslProgram {
  const vectors = new HeadVectors(at.headWidth);
  const ahead = Array.from({ length: KEYS_AT_ONCE }, (_, key) => key);
  const score = (
    key: number,
  ) => `    let key${key} = keys_start + min(j + ${key}u, last_key) * parameters.width;
${vectors.dot(`product${key}`, "q", "k", `key${key}`)}
    let keeps${key} = j + ${key}u <= last_key && is_kept(mask_start + min(j + ${key}u, last_key));
    let score${key} = select(-3.4e38, product${key}, keeps${key});`;
  const weight = (key: number) => `    let weight${key} = select(0.0, exp(score${key} - next), keeps${key});`;
  const weighted = (vector: number) =>
    ahead.map((key) => ` + weight${key} * ${vectors.load("v", `key${key}`, vector)}`).join("");
  return headProgram(at, vectors, {
    name: "attention",
    rows: "queries",
    tensors: { q: { input: 0 }, k: { input: 1 }, v: { input: 2 }, y: { output: 0 } },
    statistics: { log_sum: { output: 1 } },
    mask,
    body: `  let start = queries_start + own * parameters.width;
  let row = first_query + own;
${mask.start}
${vectors.each((c) => `  let q${c} = parameters.scale * ${vectors.load("q", "start", c)};`)}
${vectors.each((c) => `  var sum${c} = vec4<f32>();`)}
  var largest = -3.4e38;
  var total = 0.0;
  let last_key = parameters.keys - 1u;
  for (var j = 0u; j < parameters.keys; j += ${KEYS_AT_ONCE}u) {
${ahead.map(score).join("\n")}
    let next = ${ahead.reduce((largest, key) => `max(${largest}, score${key})`, "largest")};
${ahead.map(weight).join("\n")}
    let share = exp(largest - next);
    largest = next;
    total = total * share + ${ahead.map((key) => `weight${key}`).join(" + ")};
${vectors.each((c) => `    sum${c} = sum${c} * share${weighted(c)};`)}
  }
  // A row that keeps nothing has a total of 0; any other has at least the 1 of its largest score.
  let factor = select(1.0 / total, 0.0, total == 0.0);
${vectors.each((c) => vectors.store("y", "start", c, `factor * sum${c}`))}
  log_sum[matrix * parameters.queries + own] = select(largest + log(total), 0.0, total == 0.0);`,
  });
}

/** The statistics that attention's gradient shares between its two programs: g y of each query of each head. */
const DELTAS = (at: AttentionExtents) =>
  ({ scratch: 0, length: at.batch * at.heads * at.queries, dtype: "f32" }) as const;

/** The gradient of the scores, p (g v^T - g y), from the log-sum-exp: nothing of size Q x K was kept. */
const SCORE_GRADIENT = `    let weight = select(0.0, exp(parameters.scale * product - row_log_sum), is_kept(key_mask));
    let share = weight * (slope - delta);`;

/**
 * For inputs q, k, v, y, log-sum-exp and g: outputs dq, dk, dv, with dq = s k / sqrt(d), dk = s^T q / sqrt(d) and
 * dv = p^T g of each head, where s is the gradient of the scores. Two programs, since queries sum over keys and keys
 * over queries.
 */
export function attentionGradientPrograms(at: AttentionExtents, mask: MaskCode): WgslProgram[] {
  const vectors = new HeadVectors(at.headWidth);
  const tensors = { q: { input: 0 }, k: { input: 1 }, v: { input: 2 }, g: { input: 5 } };
  const queries = headProgram(at, vectors, {
    name: "attention.gradient of queries",
    rows: "queries",
    tensors: { ...tensors, y: { input: 3 }, dq: { output: 0 } },
    statistics: { log_sum: { input: 4 }, deltas: DELTAS(at) },
    mask,
    body: `  let start = queries_start + own * parameters.width;
  let row = first_query + own;
${mask.start}
${vectors.each((c) => `  let q${c} = ${vectors.load("q", "start", c)};\n  let g${c} = ${vectors.load("g", "start", c)};`)}
${vectors.each((c) => `  var sum${c} = vec4<f32>();`)}
${vectors.dot("delta", "g", "y", "start")}
  deltas[matrix * parameters.queries + own] = delta;
  let row_log_sum = log_sum[matrix * parameters.queries + own];
  for (var j = 0u; j < parameters.keys; j++) {
    let key = keys_start + j * parameters.width;
    let key_mask = mask_start + j;
${vectors.dot("product", "q", "k", "key")}
${vectors.dot("slope", "g", "v", "key")}
${SCORE_GRADIENT}
${vectors.each((c) => `    sum${c} = fma(vec4<f32>(share), ${vectors.load("k", "key", c)}, sum${c});`)}
  }
${vectors.each((c) => vectors.store("dq", "start", c, `parameters.scale * sum${c}`))}`,
  });
  const keys = headProgram(at, vectors, {
    name: "attention.gradient of keys and values",
    rows: "keys",
    tensors: { ...tensors, dk: { output: 1 }, dv: { output: 2 } },
    statistics: { log_sum: { input: 4 }, deltas: DELTAS(at) },
    mask,
    body: `  let start = keys_start + own * parameters.width;
${vectors.each((c) => `  let k${c} = ${vectors.load("k", "start", c)};\n  let v${c} = ${vectors.load("v", "start", c)};`)}
${vectors.each((c) => `  var key_sum${c} = vec4<f32>();\n  var value_sum${c} = vec4<f32>();`)}
  for (var j = 0u; j < parameters.queries; j++) {
    let query = queries_start + j * parameters.width;
    let row = first_query + j;
${mask.start}
    let key_mask = mask_start + own;
    let row_log_sum = log_sum[matrix * parameters.queries + j];
    let delta = deltas[matrix * parameters.queries + j];
${vectors.dot("product", "k", "q", "query")}
${vectors.dot("slope", "v", "g", "query")}
${SCORE_GRADIENT}
${vectors.each((c) => `    key_sum${c} = fma(vec4<f32>(share), ${vectors.load("q", "query", c)}, key_sum${c});`)}
${vectors.each((c) => `    value_sum${c} = fma(vec4<f32>(weight), ${vectors.load("g", "query", c)}, value_sum${c});`)}
  }
${vectors.each((c) => vectors.store("dk", "start", c, `parameters.scale * key_sum${c}`))}
${vectors.each((c) => vectors.store("dv", "start", c, `value_sum${c}`))}`,
  });
  return [queries, keys];
}
