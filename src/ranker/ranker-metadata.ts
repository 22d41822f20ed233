/** The description in a ranker's file: JSON, of which nothing is believed until it is checked. */
// The small zod: this file is part of what every page loads.
import * as z from "zod/mini";
import { arrayLength, catalogueDescriptionSchema } from "../data/features/catalogue-description.ts";

const integer = (least: number, most: number) => z.int().check(z.gte(least), z.lte(most));

/** Weights of more than these would fit in no memory. */
const generator = z.object({
  width: integer(1, 8192),
  heads: integer(1, 8192),
  encoderLayers: integer(0, 256),
  decoderLayers: integer(1, 256),
  listLength: integer(1, 10_000),
  dropoutRate: z.number().check(z.gte(0), z.lte(1)),
  seed: z.number(),
  stream: z.string(),
});

export const rankerMetadataSchema = z.object({
  kind: z.literal("ranker"),
  version: z.number(),
  generator,
  catalogue: catalogueDescriptionSchema,
  retriever: z.exactOptional(z.string()),
  candidateCount: arrayLength,
  historyLength: arrayLength,
  training: z.record(z.string(), z.unknown()),
  /** CRC-32C of each tensor's bytes, in hexadecimal. */
  crc32c: z.record(z.string(), z.string()),
});

/** The JSON of the metadata entry. */
export type RankerMetadata = z.infer<typeof rankerMetadataSchema>;
