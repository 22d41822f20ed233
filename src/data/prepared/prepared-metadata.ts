/** Checks the description in a prepared dataset: JSON, of which nothing is believed before. */
import { z } from "zod";
import { CANDIDATE_PROTOCOLS, SPLIT_PROTOCOLS, SPLITS } from "../protocols.ts";
import { METADATA_KEY, PREPARED_VERSION, type PreparedMetadata } from "./prepared-layout.ts";

const count = z
  .int()
  .min(0)
  .max(2 ** 31 - 1);

const split = z.object({ size: count, candidateCount: count, listLength: count, historyLength: count });

/** What reading depends on. The counts and the report are only shown, and a checksum tells that they are as written. */
const schema = z.object({
  protocols: z.object({
    split: z.enum(SPLIT_PROTOCOLS),
    candidates: z.record(z.enum(SPLITS), z.enum(CANDIDATE_PROTOCOLS)),
  }),
  counts: z.looseObject({}),
  report: z.looseObject({}).optional(),
  source: z.object({
    files: z.array(z.object({ name: z.string(), bytes: z.number(), sha256: z.string() })),
    options: z.unknown(),
  }),
  catalogue: z.object({
    userCount: count,
    itemCount: count,
    userVocabulary: count.optional(),
    itemVocabulary: count.optional(),
  }),
  retriever: z.string().optional(),
  splits: z.record(z.enum(SPLITS), split),
  sha256: z.record(z.string(), z.string()),
});

/** The description in `text`, or what is wrong with it. */
export function parsePreparedMetadata(text: string): PreparedMetadata | string {
  const value = parsedJson(text);
  const { kind, version }: { readonly kind?: unknown; readonly version?: unknown } = Object(value);
  if (kind !== "prepared-dataset") return "it is no prepared dataset";
  if (version !== PREPARED_VERSION) {
    const found = JSON.stringify(version);
    return `it is a prepared dataset of version ${found}; this program reads version ${PREPARED_VERSION}`;
  }
  const metadata = schema.safeParse(value);
  if (metadata.success) return value as PreparedMetadata;
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
