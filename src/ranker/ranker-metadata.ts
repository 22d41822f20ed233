/** The description in a ranker's file: JSON, of which nothing is believed until it is checked. */
// The small zod: this file is part of what every page loads.
import * as z from "zod/mini";
import { catalogueDescriptionSchema } from "../data/features/catalogue-tensors.ts";
import { REWARD_HEADS } from "../goalrank/reward-model.ts";
import { JUDGE_KINDS } from "../methods/shared-models.ts";

const integer = (least: number, most: number) => z.int().check(z.gte(least), z.lte(most));

/** Weights of more than these would fit in no memory. */
const shape = z.object({
  listLength: integer(1, 10_000),
  candidateCount: integer(1, 100_000),
  historyLength: integer(0, 100_000),
  width: integer(1, 8192),
  heads: integer(1, 8192),
  layers: integer(0, 256),
  dropoutRate: z.number().check(z.gte(0), z.lte(1)),
  seed: z.number(),
  residual: z.exactOptional(z.boolean()),
  entireSpace: z.exactOptional(z.boolean()),
  judgeStart: z.exactOptional(z.boolean()),
});

const judge = z.object({
  kind: z.enum(JUDGE_KINDS),
  contextLayers: integer(0, 256),
  head: z.enum(REWARD_HEADS),
  reading: z.enum(["top-down", "whole-list"]),
  members: integer(1, 100),
  pessimism: z.number().check(z.gte(0)),
});

export const rankerMetadataSchema = z.object({
  kind: z.literal("ranker"),
  version: z.number(),
  /** The method, by its name. */
  method: z.string(),
  shape,
  judge,
  /** The method's hyperparameters that are not what they are by default. */
  hyperparameters: z.exactOptional(z.record(z.string(), z.number())),
  /** What the method chose besides weights. */
  choices: z.exactOptional(z.record(z.string(), z.unknown())),
  catalogue: catalogueDescriptionSchema,
  retriever: z.exactOptional(z.string()),
  /** Of what users have met, where the file holds it. */
  pasts: z.exactOptional(z.object({ repeats: z.boolean() })),
  /** Items that the training knew, which are the first; all unless given. */
  learnedItems: z.exactOptional(integer(1, 2 ** 31 - 1)),
  training: z.record(z.string(), z.unknown()),
  /** CRC-32C of each tensor's bytes, in hexadecimal. */
  crc32c: z.record(z.string(), z.string()),
});

/** The JSON of the metadata entry. */
export type RankerMetadata = z.infer<typeof rankerMetadataSchema>;
