/** The description in a prepared dataset: JSON, of which nothing is believed before it is checked. */
import * as z from "zod";
import { sha256 } from "../../files/sha256.ts";
import { parsedJson } from "../../text/parsed-json.ts";
import { arrayLength, catalogueDescriptionSchema } from "../features/catalogue-tensors.ts";
import { CANDIDATE_PROTOCOLS, SPLIT_ORIGINS, SPLITS } from "../protocols.ts";
import { queryReportSchema } from "../queries/query-report.ts";
import { dataReportSchema, preparationCountsSchema } from "../report/data-report-schema.ts";
import { sourceFingerprintSchema } from "./fingerprint.ts";

/** Of the layout: a reader refuses any other. */
const PREPARED_VERSION = 3;

/** Key of the metadata entry. */
const METADATA_KEY = "goalrank";
/** Key of the checksum of its text in UTF-8. */
const METADATA_CHECKSUM_KEY = "goalrank_sha256";

/** The extents of a split's columns. */
const extents = z.object({
  size: arrayLength,
  candidateCount: arrayLength,
  listLength: arrayLength,
  historyLength: arrayLength,
  maxGrade: z.int().min(0).exactOptional(),
});

/** How lists were split, and how each split's candidates were chosen. */
export const protocolsSchema = z.object({
  split: z.enum(SPLIT_ORIGINS),
  candidates: z.record(z.enum(SPLITS), z.enum(CANDIDATE_PROTOCOLS)),
});

/** The JSON of the metadata entry. */
const preparedMetadata = z.object({
  kind: z.literal("prepared-dataset"),
  version: z.literal(PREPARED_VERSION),
  /** The Node.js that wrote the file. */
  node: z.string(),
  protocols: protocolsSchema,
  counts: preparationCountsSchema.optional(),
  /** What was known of the log when the data was prepared. */
  report: dataReportSchema.optional(),
  /** Of queries with grades, which are no log. */
  queries: queryReportSchema.optional(),
  source: sourceFingerprintSchema,
  catalogue: catalogueDescriptionSchema,
  /** The retriever that scored the candidates, where its tensors are in the file. */
  retriever: z.string().optional(),
  /** Of the users' pasts, where their tensors are in the file. */
  pasts: z.object({ repeats: z.boolean() }).optional(),
  splits: z.record(z.enum(SPLITS), extents),
  /** Of each tensor's bytes. */
  sha256: z.record(z.string(), z.string()),
});

/** What the metadata entry says, checked. */
export type PreparedMetadata = z.infer<typeof preparedMetadata>;
/** What a prepared dataset says of itself, besides its columns. */
export type PreparedDescription = Pick<PreparedMetadata, "protocols" | "counts" | "report" | "queries" | "source">;

/** What is said in the metadata of a safetensors file of what it holds. */
export function encodePreparedMetadata(
  described: Omit<PreparedMetadata, "kind" | "version" | "node">,
): Record<string, string> {
  const metadata: PreparedMetadata = {
    kind: "prepared-dataset",
    version: PREPARED_VERSION,
    node: process.version,
    ...described,
  };
  const text = JSON.stringify(metadata);
  return { [METADATA_KEY]: text, [METADATA_CHECKSUM_KEY]: sha256(text) };
}

/** What the metadata of a safetensors file says of it, or what is wrong with that. */
export function decodePreparedMetadata(entries: Readonly<Record<string, string>>): PreparedMetadata | string {
  const { [METADATA_KEY]: text, [METADATA_CHECKSUM_KEY]: checksum } = entries;
  if (text === undefined) return `it is no prepared dataset: there is no metadata entry "${METADATA_KEY}"`;
  if (sha256(text) !== checksum) {
    return `the metadata entry "${METADATA_KEY}" does not have the checksum that the header gives`;
  }
  const value = parsedJson(text);
  const { kind, version }: { readonly kind?: unknown; readonly version?: unknown } = Object(value);
  if (kind !== "prepared-dataset") return "it is no prepared dataset";
  if (version !== PREPARED_VERSION) {
    const found = JSON.stringify(version);
    return `it is a prepared dataset of version ${found}; this program reads version ${PREPARED_VERSION}`;
  }
  const metadata = preparedMetadata.safeParse(value);
  if (metadata.success) return metadata.data;
  const [{ path, message }] = metadata.error.issues;
  return `the metadata entry "${METADATA_KEY}" is wrong at ${path.join(".")}: ${message}`;
}
