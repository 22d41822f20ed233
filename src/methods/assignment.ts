/**
 * Permutation decoding by exact assignment: a generator that fills all positions at once (`nar4rec.ts`) says how well each
 * candidate fits each position, and the list is the best assignment of candidates to positions,
 *
 *   argmax over lists of distinct items of sum_t log P[t, l_t]
 *
 * where decoding from the top may take for the first position what the second needs more. Found by the Hungarian method
 * (Kuhn 1955) in its form with potentials, L steps of at most L N each. All of it is ours but the two parts; TSPRank
 * (`tsp-rank.ts`) decodes pairs of neighbours exactly, not positions.
 */
import { noGrad } from "../tensor/index.ts";
import { type Answering, byChoice } from "./answering.ts";
import { instanceOf, type Method } from "./method.ts";
import { createMatchingGenerator, type MatchingGenerator, matchingTask } from "./nar4rec.ts";

/**
 * The column of each row, all distinct, whose values sum to the most.
 * @param values [rows, columns], flat, at least as many columns as rows
 */
export function bestAssignment(values: ArrayLike<number>, rows: number, columns: number): Int32Array {
  // Rows and columns count from 1; row and column 0 stand for "none".
  const potentials = { rows: new Float64Array(rows + 1), columns: new Float64Array(columns + 1) };
  const rowOf = new Int32Array(columns + 1);
  for (let row = 1; row <= rows; row++) {
    rowOf[0] = row;
    for (let column = extendPath(values, columns, potentials, rowOf); column.at > 0; ) {
      const before = column.from[column.at];
      rowOf[column.at] = rowOf[before];
      column.at = before;
    }
  }
  const chosen = new Int32Array(rows);
  rowOf.forEach((row, column) => {
    if (column > 0 && row > 0) chosen[row - 1] = column - 1;
  });
  return chosen;
}

/** The cheapest path, by the costs -values, from the row at column 0 to a free column; where each column was come from. */
function extendPath(
  values: ArrayLike<number>,
  columns: number,
  potentials: { readonly rows: Float64Array; readonly columns: Float64Array },
  rowOf: Int32Array,
): { at: number; readonly from: Int32Array } {
  const from = new Int32Array(columns + 1);
  const distance = new Float64Array(columns + 1).fill(Number.POSITIVE_INFINITY);
  const isReached = new Uint8Array(columns + 1);
  let at = 0;
  while (rowOf[at] > 0) {
    isReached[at] = 1;
    const row = rowOf[at];
    let next = 0;
    let step = Number.POSITIVE_INFINITY;
    for (let column = 1; column <= columns; column++) {
      if (isReached[column] === 1) continue;
      const cost = -values[(row - 1) * columns + column - 1] - potentials.rows[row] - potentials.columns[column];
      if (cost < distance[column]) {
        distance[column] = cost;
        from[column] = at;
      }
      if (distance[column] < step) {
        step = distance[column];
        next = column;
      }
    }
    for (let column = 0; column <= columns; column++) {
      if (isReached[column] === 1) {
        potentials.rows[rowOf[column]] += step;
        potentials.columns[column] -= step;
      } else distance[column] -= step;
    }
    at = next;
  }
  return { at, from };
}

/** Lists by the best assignment; candidates by themselves are scored by the first position. */
function byAssignment(model: MatchingGenerator): Answering {
  return byChoice(128, model.listLength, async (batch, length) => {
    const { logits } = noGrad(() => model.encode(batch));
    const [requests, positions, candidates] = logits.shape;
    const logs = await noGrad(() => logits.logSoftmax()).data();
    const of = (request: number, count: number) => {
      const start = request * positions * candidates;
      return logs.subarray(start, start + count * candidates);
    };
    const lists = new Int32Array(requests * length);
    const scores = new Float32Array(requests * candidates);
    for (let request = 0; request < requests; request++) {
      lists.set(bestAssignment(of(request, length), length, candidates), request * length);
      scores.set(of(request, 1), request * candidates);
    }
    return { lists, scores };
  });
}

export const ASSIGNMENT: Method = {
  name: "assignment",
  title: "NAR4Rec (assignment)",
  family: "generator",
  answersWith: [],
  create(context) {
    const model = createMatchingGenerator(context, "assignment");
    return instanceOf({ assignment: model }, byAssignment(model), {
      learn: ({ training, train }) => train(matchingTask(model, training, "assignment")),
    });
  },
};
