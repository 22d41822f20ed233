/** What `result.json` holds of a {@link RunResult}, as one who reads the file finds it. */
import * as z from "zod";
import { protocolsSchema } from "../data/prepared/prepared-metadata.ts";
import { measured } from "../files/measured.ts";
import type { MeasureName } from "./evaluate-lists.ts";

const count = z.number();

/** What methods are compared by. */
const measures = {
  trueReward: measured,
  regret: measured,
  predictedReward: measured,
  hit: measured,
  ndcg: measured,
  map: measured,
  f1: measured,
  auc: measured,
  /** Of data with grades. */
  ndcg1: measured,
  ndcg3: measured,
  ndcg5: measured,
  ndcg10: measured,
  err: measured,
} satisfies Record<MeasureName, z.ZodType>;

const methodRow = z.object({
  /** As in `--deploy NAME`. */
  name: z.string().optional(),
  /** Its title. */
  method: z.string(),
  ...measures,
  users: count.optional(),
  usersWithoutPositive: count.optional(),
  halfWidths: z.object(measures).optional(),
});

const judge = z.object({
  lists: count,
  meanSquaredError: measured,
  rSquared: measured,
  pearson: measured,
  spearman: measured,
  calibration: z.array(z.object({ predicted: z.number(), observed: z.number(), lists: count })),
  orderAccuracy: z.array(z.object({ gap: z.number(), pairs: count, accuracy: z.number() })),
});

const advantage = z.object({
  over: z.string(),
  measure: z.string(),
  mean: z.number(),
  halfWidth: z.number(),
  pValue: z.number(),
});

const estimate = z.object({ value: measured, standardError: measured, effectiveSize: measured });

/** The mean of one method's values less another's over the same requests, with half its 95% interval. */
const difference = z.object({ mean: z.number(), halfWidth: z.number(), pValue: z.number() });
const differenceOver = difference.extend({ over: z.string() });

/** What was compared on validation lists, and what was chosen; methods are named as in `--deploy NAME`. */
const choice = z.object({
  measure: z.enum(["trueReward", "ndcg10", "ndcg"]),
  /** Validation lists that count: those with a positive, where the measure asks for one. */
  lists: count,
  /** Of the highest mean. */
  best: z.string().optional(),
  /** The simplest of those within noise of the best; gates may still keep it from being deployed. */
  chosen: z.string().optional(),
  overRandom: differenceOver.optional(),
  overRetriever: differenceOver.optional(),
  /** GoalRank's lead over the best of the methods that are simpler. */
  goalRank: differenceOver.optional(),
  /** Those that can be served, the simplest first. */
  methods: z.array(
    z.object({
      name: z.string(),
      method: z.string(),
      mean: z.number(),
      halfWidth: z.number().optional(),
      /** Its lead over the best, which is negative, and p adjusted for the number of methods; the best has none. */
      toBest: difference.optional(),
      isWithinNoise: z.boolean(),
    }),
  ),
});

const gate = z.object({
  name: z.string(),
  figure: z.number(),
  text: z.string(),
  /** Whether nothing is deployed because of it. */
  blocks: z.boolean(),
});

/** A ranker of others beside ours. */
const rivalLead = z.object({
  /** Its title. */
  method: z.string(),
  /** The lists of which these figures are: validation where it has scores of them. */
  lists: z.enum(["validation", "test"]),
  /** How many of them count. */
  count,
  mean: z.number(),
  /** Of our methods the best on validation lists; of the test the one that was chosen. */
  ours: z.string(),
  oursMean: z.number(),
  /** Ours less theirs. */
  lead: difference,
});

/** What to serve, how sure that is, and what to be wary of (docs/verdict.md). */
export const verdictSchema = z.object({
  /** The method that should be served; null: nothing yet. */
  deploy: z.string().nullable(),
  /** The method that `ranker.safetensors` holds: what the setting `deploy` names, else `deploy`. */
  served: z.string().nullable(),
  /** Those that hold, the ones that block first. */
  gates: z.array(gate),
  text: z.string(),
  /** The next command, in which RUN stands for the folder of the run. */
  next: z.string(),
  choice,
  /** Whether GoalRank is worth its training on this data, and why; missing where it was not trained. */
  goalRank: z.object({ isWorthIt: z.boolean(), text: z.string() }).optional(),
  /** The other ranker that the setting `rival` names beside ours. */
  rival: rivalLead.optional(),
});

/** `result.json`: what the run came to. */
export const resultSchema = z.object({
  listLength: count.optional(),
  testRequests: count.optional(),
  /** How the lists were split and their candidates chosen; missing for a world. */
  protocols: protocolsSchema.optional(),
  /** Missing in runs of versions that gave none. */
  verdict: verdictSchema.optional(),
  rows: z.array(methodRow),
  judge: judge.optional(),
  trueCorrelation: measured,
  advantages: z.array(advantage).default([]),
  offPolicy: z
    .object({
      predicted: measured,
      trueReward: measured,
      inversePropensity: estimate,
      sequential: estimate,
      doublyRobust: estimate,
    })
    .optional(),
});

export type StoredResult = z.infer<typeof resultSchema>;
export type StoredRow = z.infer<typeof methodRow>;
export type StoredJudge = z.infer<typeof judge>;
export type StoredAdvantage = z.infer<typeof advantage>;
/** What {@link verdictSchema} describes. */
export type Verdict = z.infer<typeof verdictSchema>;
/** What was compared on validation lists, and what was chosen. */
export type Choice = z.infer<typeof choice>;
/** Something that is wrong, with its figure; see docs/verdict.md. */
export type Gate = z.infer<typeof gate>;
/** A ranker of others beside the best of ours. */
export type RivalLead = z.infer<typeof rivalLead>;
export type Difference = z.infer<typeof difference>;
