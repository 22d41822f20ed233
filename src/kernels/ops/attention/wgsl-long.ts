/**
 * WGSL of attention over long lists: scores, softmax and weighted sum in one pass over the keys, without the Q x K matrix (Dao et al.
 * 2022). One invocation holds one row of one head in registers and meets the rows of the other side one after the
 * other; those are the same for the whole workgroup, so that a processor reads them once for all of its lanes.
 */
import type { Program, TensorPlace } from "../../dispatch.ts";
import { f32, LARGEST_GRID } from "../../webgpu/program.ts";
import type { MaskCode } from "../../webgpu/rows.ts";
import type { AttentionExtents } from "./extents.ts";

const LARGEST_WORKGROUP = 64;

/** Writes code over one head's part of a row: `width` elements as an array of vectors of 4. */
class HeadVectors {
  /** Whether the tensors are bound as arrays of vectors; else elements are gathered into vectors. */
  readonly areBound: boolean;
  private readonly count: number;

  constructor(private readonly width: number) {
    this.areBound = width % 4 === 0;
    this.count = Math.ceil(width / 4);
  }

  /** Elements that one index of a bound tensor stands for. */
  get unit(): number {
    return this.areBound ? 4 : 1;
  }

  /** Defines arrays that hold a head's part of a row, all zeros. */
  arrays(...names: readonly string[]): string {
    return names.map((name) => `  var ${name}: array<vec4<f32>, ${this.count}>;`).join("\n");
  }

  /** Runs `body` for each vector `c`. */
  each(body: string): string {
    return `  for (var c = 0u; c < ${this.count}u; c++) { ${body} }`;
  }

  /** Vector `c` of the row of `tensor` that begins at `start`; zeros beyond the head's width. */
  load(tensor: string, start: string): string {
    if (this.areBound) return `${tensor}[${start} + c]`;
    const elements = [0, 1, 2, 3].map(
      (part) => `select(0.0, ${tensor}[${start} + 4u * c + ${part}u], 4u * c + ${part}u < ${this.width}u)`,
    );
    return `vec4<f32>(${elements.join(", ")})`;
  }

  /** Stores `value` as vector `c` of the row. */
  store(tensor: string, start: string, value: string): string {
    if (this.areBound) return `${tensor}[${start} + c] = ${value};`;
    return `for (var part = 0u; part < 4u && 4u * c + part < ${this.width}u; part++) {
      ${tensor}[${start} + 4u * c + part] = (${value})[part];
    }`;
  }
}

/** Tensors [.., rows, width], of which a head's part is read or written. */
const HEAD_TENSORS = ["q", "k", "v", "y", "g", "dq", "dk", "dv"];

/** What the three programs have in common. */
interface HeadProgram {
  readonly name: string;
  /** Which rows the invocations hold: the body calls an invocation's own row `own`. */
  readonly rows: "queries" | "keys";
  /** What it reads or writes beside the operation's tensors. */
  readonly tensors?: Readonly<Record<string, TensorPlace>>;
  readonly mask: MaskCode;
  body(vectors: HeadVectors): string;
}

/**
 * The body also knows `matrix` (which head of which entry), `first_query` (its number among all rows of queries), and
 * `queries_start` and `keys_start`, where the head's parts of the entry's first rows begin, and `start`, where that of its
 * own row does.
 */
function headProgram(at: AttentionExtents, { name, rows, tensors = {}, mask, body }: HeadProgram): Program {
  const vectors = new HeadVectors(at.headWidth);
  const lanes = lanesFor(at[rows]);
  const matrices = at.batch * at.heads;
  return {
    name: `${name} of width ${at.headWidth} in ${lanes} lanes${mask.key}`,
    tensors,
    vectors: vectors.areBound ? HEAD_TENSORS : [],
    parameters: {
      matrices,
      heads: at.heads,
      queries: at.queries,
      keys: at.keys,
      width: at.width / vectors.unit,
      head_width: at.headWidth / vectors.unit,
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
  let start = ${rows}_start + own * parameters.width;
${body(vectors)}
}`,
    workgroups: [Math.ceil(at[rows] / lanes), Math.min(matrices, LARGEST_GRID), Math.ceil(matrices / LARGEST_GRID)],
  };
}

/** The smallest power of 2 from 8 on that holds `rows`, or the largest workgroup. */
function lanesFor(rows: number): number {
  return Math.min(LARGEST_WORKGROUP, Math.max(8, 2 ** Math.ceil(Math.log2(Math.max(rows, 1)))));
}

/** For inputs q, k, v: outputs y and each row's log-sum-exp of scores. The softmax's maximum is kept as it grows. */
export function longAttentionProgram(at: AttentionExtents, mask: MaskCode): Program {
  return headProgram(at, {
    name: "attention over long lists",
    rows: "queries",
    mask,
    body: (vectors) => `  let row = first_query + own;
${mask.start}
${vectors.arrays("own_q", "sum")}
${vectors.each(`own_q[c] = parameters.scale * ${vectors.load("q", "start")};`)}
  var largest = -3.4e38;
  var total = 0.0;
  for (var j = 0u; j < parameters.keys; j++) {
    if (!is_kept(mask_start + j)) { continue; }
    let key = keys_start + j * parameters.width;
    var score = 0.0;
  ${vectors.each(`score += dot(own_q[c], ${vectors.load("k", "key")});`)}
    let next = max(largest, score);
    let share = exp(largest - next);
    let weight = exp(score - next);
    largest = next;
    total = total * share + weight;
  ${vectors.each(`sum[c] = sum[c] * share + weight * ${vectors.load("v", "key")};`)}
  }
  // A row that keeps nothing has a total of 0; any other has at least the 1 of its largest score.
  let factor = select(1.0 / total, 0.0, total == 0.0);
${vectors.each(vectors.store("y", "start", "factor * sum[c]"))}
  statistics[matrix * parameters.queries + own] = select(largest + log(total), 0.0, total == 0.0);`,
  });
}

/** The gradient of the scores, p (g v^T - g y), from the log-sum-exp: nothing of size Q x K was kept. */
const SCORE_GRADIENT = `    let weight = exp(parameters.scale * product - row_log_sum);
    let share = weight * (slope - delta);`;

/**
 * For inputs q, k, v, y, log-sum-exp and g: outputs dq, dk, dv, with dq = s k / sqrt(d), dk = s^T q / sqrt(d) and
 * dv = p^T g of each head, where s is the gradient of the scores. Two programs, since queries sum over keys and keys
 * over queries.
 */
export function longAttentionGradientPrograms(at: AttentionExtents, mask: MaskCode): Program[] {
  // Both read g y of each query of each head.
  const tensors = { deltas: { scratch: 0, length: at.batch * at.heads * at.queries, dtype: "f32" } } as const;
  const ofQueries = headProgram(at, {
    name: "attention.gradient over long lists, queries",
    rows: "queries",
    tensors,
    mask,
    body: (vectors) => `  let row = first_query + own;
${mask.start}
${vectors.arrays("own_q", "own_g", "sum")}
  var delta = 0.0;
${vectors.each(`own_q[c] = ${vectors.load("q", "start")};
    own_g[c] = ${vectors.load("g", "start")};
    delta += dot(own_g[c], ${vectors.load("y", "start")});`)}
  deltas[matrix * parameters.queries + own] = delta;
  let row_log_sum = statistics[matrix * parameters.queries + own];
  for (var j = 0u; j < parameters.keys; j++) {
    if (!is_kept(mask_start + j)) { continue; }
    let key = keys_start + j * parameters.width;
    var product = 0.0;
    var slope = 0.0;
  ${vectors.each(`product += dot(own_q[c], ${vectors.load("k", "key")});
      slope += dot(own_g[c], ${vectors.load("v", "key")});`)}
${SCORE_GRADIENT}
  ${vectors.each(`sum[c] += share * ${vectors.load("k", "key")};`)}
  }
${vectors.each(vectors.store("dq", "start", "parameters.scale * sum[c]"))}`,
  });
  const ofKeysAndValues = headProgram(at, {
    name: "attention.gradient over long lists, keys and values",
    rows: "keys",
    tensors,
    mask,
    body: (vectors) => `${vectors.arrays("own_k", "own_v", "key_sum", "value_sum")}
${vectors.each(`own_k[c] = ${vectors.load("k", "start")};
    own_v[c] = ${vectors.load("v", "start")};`)}
  for (var j = 0u; j < parameters.queries; j++) {
    let row = first_query + j;
${mask.start}
    if (!is_kept(mask_start + own)) { continue; }
    let query = queries_start + j * parameters.width;
    let row_log_sum = statistics[matrix * parameters.queries + j];
    let delta = deltas[matrix * parameters.queries + j];
    var product = 0.0;
    var slope = 0.0;
  ${vectors.each(`product += dot(own_k[c], ${vectors.load("q", "query")});
      slope += dot(own_v[c], ${vectors.load("g", "query")});`)}
${SCORE_GRADIENT}
  ${vectors.each(`key_sum[c] += share * ${vectors.load("q", "query")};
      value_sum[c] += weight * ${vectors.load("g", "query")};`)}
  }
${vectors.each(`${vectors.store("dk", "start", "parameters.scale * key_sum[c]")}
    ${vectors.store("dv", "start", "value_sum[c]")}`)}`,
  });
  return [ofQueries, ofKeysAndValues];
}
