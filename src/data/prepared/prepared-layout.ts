/**
 * How a prepared dataset lies in a file: the safetensors layout, with a tensor for each column and a metadata entry,
 * `goalrank`, of JSON. docs/data-format.md describes it for readers in other languages.
 */
import type { SafetensorsDtype, SafetensorsEntry } from "../../nn/index.ts";
import type { ListDataset } from "../dataset.ts";
import type { CatalogueDescription } from "../features/catalogue-tensors.ts";
import type { PreparationCounts } from "../prepare.ts";
import type { CandidateProtocol, SplitName, SplitProtocol } from "../protocols.ts";
import type { DataReport } from "../report/data-report.ts";
import type { SourceFingerprint } from "./fingerprint.ts";

/** Of the layout: a reader refuses any other. */
export const PREPARED_VERSION = 2;

/** Key of the metadata entry, and of the checksum (SHA-256, hexadecimal) of its text in UTF-8. */
export const METADATA_KEY = "goalrank";
export const METADATA_CHECKSUM_KEY = "goalrank_sha256";

/** What the names of the retriever's tensors start with. */
export const RETRIEVER_PREFIX = "retriever.";

/** What a prepared dataset says of itself, besides its columns. */
export interface PreparedDescription {
  /** How lists were split, and how each split's candidates were chosen. */
  readonly protocols: {
    readonly split: SplitProtocol;
    readonly candidates: Readonly<Record<SplitName, CandidateProtocol>>;
  };
  readonly counts: PreparationCounts;
  readonly source: SourceFingerprint;
  /** What was known of the log when the data was prepared. */
  readonly report?: DataReport | undefined;
}

/** The extents of a split's columns. */
export type SplitExtents = Pick<ListDataset, "size" | "candidateCount" | "listLength" | "historyLength">;

/** The JSON of the metadata entry. */
export interface PreparedMetadata extends PreparedDescription {
  readonly kind: "prepared-dataset";
  readonly version: number;
  /** The Node.js that wrote the file. */
  readonly node: string;
  readonly catalogue: CatalogueDescription;
  /** The retriever that scored the candidates, where its tensors are in the file. */
  readonly retriever?: string;
  readonly splits: Readonly<Record<SplitName, SplitExtents>>;
  /** Of each tensor's bytes, in hexadecimal. */
  readonly sha256: Readonly<Record<string, string>>;
}

/** A column of a split. */
export interface ColumnLayout {
  /** Its tensor is `training.users`, and so on. */
  readonly tensor: string;
  readonly dtype: Extract<SafetensorsDtype, "I32" | "F32">;
  /** Elements in a row; undefined for a column of one number a row, [S], instead of [S, width]. */
  readonly width: (extents: SplitExtents) => number | undefined;
}

export type ColumnName = Exclude<keyof ListDataset, keyof SplitExtents>;

export const COLUMNS: Readonly<Record<ColumnName, ColumnLayout>> = {
  users: { tensor: "users", dtype: "I32", width: () => undefined },
  candidates: { tensor: "candidates", dtype: "I32", width: (extents) => extents.candidateCount },
  retrieverScores: { tensor: "retriever_scores", dtype: "F32", width: (extents) => extents.candidateCount },
  exposed: { tensor: "exposed", dtype: "I32", width: (extents) => extents.listLength },
  feedback: { tensor: "feedback", dtype: "F32", width: (extents) => extents.listLength },
  history: { tensor: "history", dtype: "I32", width: (extents) => extents.historyLength },
  historyFeedback: { tensor: "history_feedback", dtype: "F32", width: (extents) => extents.historyLength },
};

export const COLUMN_NAMES = Object.keys(COLUMNS) as ColumnName[];

/** The tensors of one split. */
export function splitTensors(split: SplitName, dataset: ListDataset): [string, SafetensorsEntry][] {
  return COLUMN_NAMES.map((name) => {
    const { tensor, dtype, width } = COLUMNS[name];
    const columns = width(dataset);
    const shape = columns === undefined ? [dataset.size] : [dataset.size, columns];
    return [`${split}.${tensor}`, { dtype, shape, data: dataset[name] }];
  });
}
