/** The description in a prepared dataset: JSON, of which nothing is believed before it is checked. */
import { createHash } from "node:crypto";
import * as z from "zod";
import { arrayLength, catalogueDescriptionSchema } from "../features/catalogue-description.ts";
import { CANDIDATE_PROTOCOLS, SPLIT_PROTOCOLS, SPLITS } from "../protocols.ts";
import { dataReportSchema, preparationCountsSchema } from "../report/data-report-schema.ts";
import { sourceFingerprintSchema } from "./fingerprint.ts";

/** Of the layout: a reader refuses any other. */
export const PREPARED_VERSION = 2;

/** Key of the metadata entry. */
export const METADATA_KEY = "goalrank";
/** Key of the checksum of its text in UTF-8. */
export const METADATA_CHECKSUM_KEY = "goalrank_sha256";

/** The extents of a split's columns. */
const extents = z.object({
  size: arrayLength,
  candidateCount: arrayLength,
  listLength: arrayLength,
  historyLength: arrayLength,
});

/** The JSON of the metadata entry. */
const preparedMetadata = z.object({
  kind: z.literal("prepared-dataset"),
  version: z.literal(PREPARED_VERSION),
  /** The Node.js that wrote the file. */
  node: z.string(),
  /** How lists were split, and how each split's candidates were chosen. */
  protocols: z.object({
    split: z.enum(SPLIT_PROTOCOLS),
    candidates: z.record(z.enum(SPLITS), z.enum(CANDIDATE_PROTOCOLS)),
  }),
  counts: preparationCountsSchema,
  /** What was known of the log when the data was prepared. */
  report: dataReportSchema.optional(),
  source: sourceFingerprintSchema,
  catalogue: catalogueDescriptionSchema,
  /** The retriever that scored the candidates, where its tensors are in the file. */
  retriever: z.string().optional(),
  splits: z.record(z.enum(SPLITS), extents),
  /** Of each tensor's bytes. */
  sha256: z.record(z.string(), z.string()),
});

/** What the metadata entry says, checked. */
export type PreparedMetadata = z.infer<typeof preparedMetadata>;
/** What a prepared dataset says of itself, besides its columns. */
export type PreparedDescription = Pick<PreparedMetadata, "protocols" | "counts" | "report" | "source">;

/** The description in `text`, or what is wrong with it. */
export function parsePreparedMetadata(text: string): PreparedMetadata | string {
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

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** SHA-256, hexadecimal. */
export function sha256(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}
