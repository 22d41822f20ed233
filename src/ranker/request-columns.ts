/** Resolved requests side by side, as models read them. */
import type { RequestColumns } from "../data/dataset.ts";
import type { ResolvedRequest } from "./resolve-request.ts";

/** Requests of N candidates each in the columns that models read. */
export function requestColumns(
  group: readonly ResolvedRequest[],
  historyLength: number,
  unknownUser: number,
): RequestColumns {
  const size = group.length;
  const [{ candidates, length }] = group;
  const candidateCount = candidates.length;
  const columns: RequestColumns = {
    size,
    candidateCount,
    listLength: length,
    historyLength,
    users: Int32Array.from(group, ({ user }) => user ?? unknownUser),
    candidates: new Int32Array(size * candidateCount),
    retrieverScores: new Float32Array(size * candidateCount),
    history: new Int32Array(size * historyLength).fill(-1),
    historyFeedback: new Float32Array(size * historyLength),
  };
  group.forEach((request, row) => {
    columns.candidates.set(request.candidates, row * candidateCount);
    columns.retrieverScores.set(request.scores, row * candidateCount);
    const last = historyLength === 0 ? [] : request.history.slice(-historyLength);
    const end = (row + 1) * historyLength;
    last.forEach(({ item, liked }, n) => {
      columns.history[end - last.length + n] = item;
      columns.historyFeedback[end - last.length + n] = liked ? 1 : 0;
    });
  });
  return columns;
}
