/** Another ranker, of which the scores are known, beside those of a run: its rankings of the run's own requests. */
import type { ListDataset } from "../data/dataset.ts";
import { type QueryOptions, requestOrder, usedQueries } from "../data/queries/prepare-queries.ts";
import { type QuerySource, readQueryFile } from "../data/queries/read-queries.ts";
import { shapeOf } from "../data/shapes.ts";
import { readScores } from "../data/trec/read-trec.ts";
import { rankByScore } from "../evaluation/ranking-metrics.ts";
import type { RankedLists } from "../methods/answering.ts";
import type { RivalSettings } from "./settings.ts";

/** What another ranker made of the requests of a run. */
export interface Rival {
  /** For tables. */
  readonly title: string;
  /** Undefined where it scored the test alone. */
  readonly validation?: RankedLists | undefined;
  readonly test: RankedLists;
}

/**
 * Reads the scores of another ranker, one for each line of the files of queries.
 * @param data what the queries were prepared as, with these options
 * @throws DataError for a file that cannot be read, or that has more or fewer scores than there are documents
 * @throws RangeError where the queries that are scored have no file of their own
 */
export async function readRival(
  { title, validation, test }: RivalSettings,
  source: QuerySource,
  options: QueryOptions,
  data: Readonly<Record<"validation" | "test", ListDataset>>,
): Promise<Rival> {
  const rank = async (split: "validation" | "test", scores: string): Promise<RankedLists> => {
    const file = source[`${split}File`];
    if (file === undefined)
      throw new RangeError(`rival: scores of the ${split} need a ${split} file to be lined up with`);
    return rankDataset(data[split], await readRequestScores(split, file, scores));
  };
  /** The scores of each request's candidates, in their order. */
  const readRequestScores = async (split: "validation" | "test", file: string, scoreFile: string) => {
    const { table } = await readQueryFile(source, file);
    const scores = await readScores(scoreFile, table.grades.length);
    const queries = usedQueries(split, { table, queries: Int32Array.from(table.names.keys()) }, options);
    return Array.from(queries, (query) =>
      Float64Array.from(requestOrder(table, query, options.seed), (row) => scores[row]),
    );
  };
  return {
    title,
    ...(validation !== undefined && { validation: await rank("validation", validation) }),
    test: await rank("test", test),
  };
}

/**
 * The rankings by scores of each request's candidates. Of equal scores the first counts more; what is kept of them is
 * their order, which 32 bits hold whatever the scores are.
 */
function rankDataset(dataset: ListDataset, scores: readonly Float64Array[]): RankedLists {
  const { size, listLength, candidateCount } = dataset;
  const lists = new Int32Array(size * listLength).fill(-1);
  const order = new Float32Array(size * candidateCount);
  scores.forEach((own, row) => {
    const ranking = rankByScore(own);
    lists.set(ranking.subarray(0, shapeOf(dataset, row).listLength), row * listLength);
    ranking.forEach((candidate, place) => {
      order[row * candidateCount + candidate] = ranking.length - place;
    });
  });
  return { lists, scores: order };
}
