/**
 * Features of requests in a prepared file: `training.query_features`, a row for each request, and
 * `training.candidate_features`, a row for each candidate, those of one request after those of the request before.
 */
import type { SafetensorsEntry } from "../../nn/index.ts";
import type { ListDataset } from "../dataset.ts";
import type { SplitName } from "../protocols.ts";
import { type FeatureTable, gatherCandidateFeatures, type RequestFeatures } from "../request-features.ts";
import { shapeOf } from "../shapes.ts";
import type { PreparedFile } from "./prepared-file.ts";

const tensorName = (split: SplitName, kind: "query" | "candidate") => `${split}.${kind}_features`;

/** The tensors of a split's features. */
export function featureEntries(split: SplitName, dataset: ListDataset): [string, SafetensorsEntry][] {
  const { queryFeatures, candidateFeatures } = dataset;
  const entry = (kind: "query" | "candidate", { width, data }: FeatureTable): [string, SafetensorsEntry] => [
    tensorName(split, kind),
    { dtype: "F32", shape: [data.length / width, width], data },
  ];
  return [
    ...(queryFeatures === undefined ? [] : [entry("query", queryFeatures)]),
    ...(candidateFeatures === undefined
      ? []
      : [entry("candidate", { width: candidateFeatures.width, data: inOrder(dataset, candidateFeatures) })]),
  ];
}

/** The rows of all candidates, request by request: the table itself where it is in that order. */
function inOrder(dataset: ListDataset, table: NonNullable<ListDataset["candidateFeatures"]>): Float32Array {
  const starts = startsOf(dataset, dataset.size);
  const total = starts[dataset.size];
  if (table.starts.every((start, row) => start === starts[row]) && total * table.width === table.data.length) {
    return table.data;
  }
  const data = new Float32Array(total * table.width);
  for (let row = 0; row < dataset.size; row++) {
    const count = shapeOf(dataset, row).candidateCount;
    data.set(gatherCandidateFeatures(table, [row], count), starts[row] * table.width);
  }
  return data;
}

/** Candidates before each of the first rows, and before the one after them. */
function startsOf(dataset: Omit<Parameters<typeof shapeOf>[0], "size">, rows: number): Int32Array {
  const starts = new Int32Array(rows + 1);
  for (let row = 0; row < rows; row++) starts[row + 1] = starts[row] + shapeOf(dataset, row).candidateCount;
  return starts;
}

/**
 * The features of the rows that `dataset` holds, from `firstRow` of their split on.
 * @param counts candidates of all rows of the split, where they differ
 * @throws DataError when a tensor is not of the form that the others demand
 */
export async function readFeatures(
  file: PreparedFile,
  split: SplitName,
  firstRow: number,
  dataset: ListDataset,
  counts: Int32Array | undefined,
): Promise<RequestFeatures> {
  const { size } = dataset;
  const shapes = { ...dataset, ...(counts && { candidateCounts: counts }) };
  const rows = file.metadata.splits[split].size;
  const starts = startsOf(shapes, rows);
  const queryFeatures = await readTable(file, tensorName(split, "query"), rows, [firstRow, firstRow + size]);
  const candidates = [starts[firstRow], starts[firstRow + size]] as const;
  const candidateFeatures = await readTable(file, tensorName(split, "candidate"), starts[rows], candidates);
  return {
    ...(queryFeatures && { queryFeatures }),
    ...(candidateFeatures && {
      candidateFeatures: {
        ...candidateFeatures,
        starts: starts.slice(firstRow, firstRow + size).map((start) => start - starts[firstRow]),
      },
    }),
  };
}

/** Some rows of a table of `count` rows; undefined where the file has no such tensor. */
async function readTable(
  file: PreparedFile,
  name: string,
  count: number,
  [first, end]: readonly [number, number],
): Promise<FeatureTable | undefined> {
  if (!file.has(name)) return undefined;
  const { dtype, shape, begin } = file.location(name);
  const [rows, width] = shape;
  if (dtype !== "F32" || shape.length !== 2 || rows !== count) {
    throw file.damaged(`the tensor ${name} is ${dtype} [${shape}]; expected F32 of ${count} rows`);
  }
  const isWhole = first === 0 && end === rows;
  const bytes = isWhole
    ? await file.readTensor(name)
    : await file.readPart(begin + 4 * first * width, 4 * (end - first) * width);
  return { width, data: new Float32Array(bytes) };
}
