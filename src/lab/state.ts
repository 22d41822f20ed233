/**
 * All that a visitor of the lab can set: one plain value, so that an address can hold it and every number on the page is
 * a function of it.
 */
import * as z from "zod";

/** Candidates of the lab's only request, N. */
export const ITEM_COUNT = 6;
/** Positions of a list, L. */
export const LIST_LENGTH = 3;
/** Topics of the six items. */
export const TOPIC_COUNT = 3;
/** N! / (N - L)! */
export const LIST_COUNT = 120;

/** The page's parts, in the order of the lesson. */
export const TABS = [
  "world",
  "judge",
  "group",
  "generator",
  "time",
  "exact",
  "kernel",
  "theorem",
  "failures",
  "exercises",
] as const;
/** One of {@link TABS}. */
export type Tab = (typeof TABS)[number];

/** What a step of training is taken apart into. */
export const PHASES = ["sample", "score", "standardise", "soften", "compare", "backprop", "update"] as const;

/** Where the lists of a group come from: appendix C, and the list that was shown. */
export const SOURCES = [
  "policy",
  "tree",
  "pointwise",
  "markov",
  "random",
  "substitution",
  "diverse",
  "logged",
] as const;
/** One of {@link SOURCES}. */
export type Source = (typeof SOURCES)[number];

/** What may be learned from a group. */
export const OBJECTIVES = ["goalrank", "grpo", "reinforce", "dpo"] as const;
/** One of {@link OBJECTIVES}. */
export type ObjectiveName = (typeof OBJECTIVES)[number];

const between = (least: number, most: number) => z.number().min(least).max(most);
const integer = (least: number, most: number) => z.int().min(least).max(most);
const several = <Item extends z.ZodType>(item: Item, count: number) => z.array(item).length(count);
/** Numbers by a list's place among all lists, or by a row's among the group's. */
const byPlace = (count: number, least: number, most: number) =>
  z
    .record(z.string().regex(/^(0|[1-9]\d{0,2})$/), between(least, most))
    .refine((values) => Object.keys(values).every((place) => Number(place) < count), `expected places under ${count}`);
const text = (longest: number) =>
  z
    .string()
    .min(1)
    .max(longest)
    .regex(/^[^,;&#=\n]+$/);
const name = text(24);

/** A list of a run that was opened here, with what the run's judge and generator say of it. */
const openedList = z.strictObject({ items: text(80), reward: between(-1e6, 1e6), logProbability: between(-1e4, 0) });

/** The form of {@link LabState}; what is missing is as it is at first. */
export const labSchema = z.strictObject({
  tab: z.enum(TABS).default("world"),
  theme: z.enum(["auto", "light", "dark"]).default("auto"),
  lesson: integer(0, 20).default(0),
  seed: integer(0, 9999).default(1),

  names: several(name, ITEM_COUNT).default(["Derby", "Final", "Comet", "Genome", "Sonata", "Ballad"]),
  topics: several(integer(0, TOPIC_COUNT - 1), ITEM_COUNT).default([0, 0, 1, 1, 2, 2]),
  appeal: several(between(-2, 2), ITEM_COUNT).default([0.4, 0.1, 0.3, -0.2, 0.2, -0.3]),
  taste: several(between(-3, 3), TOPIC_COUNT).default([1.8, 0.6, -0.8]),
  fatigue: between(0, 4).default(2),
  complement: between(0, 3).default(1.2),
  attention: between(0.3, 1).default(0.8),
  list: several(integer(0, ITEM_COUNT - 1), LIST_LENGTH)
    .refine((list) => new Set(list).size === LIST_LENGTH, "expected three different items")
    .default([0, 1, 2]),

  judge: z.enum(["truth", "log"]).default("log"),
  logSize: integer(4, 200).default(80),
  exploration: between(0.1, 5).default(3),
  logLines: z
    .array(several(integer(0, ITEM_COUNT - 1), LIST_LENGTH + 1))
    .max(24)
    .default([]),
  members: integer(1, 5).default(1),
  pessimism: between(0, 3).default(0),
  kindItem: integer(0, ITEM_COUNT - 1).default(5),
  kindness: between(-2, 2).default(0),
  edits: byPlace(LIST_COUNT, -3, 3).default({}),

  counts: several(integer(0, 8), SOURCES.length).default([4, 0, 1, 0, 1, 2, 0, 0]),
  temperature: between(0.05, 5).default(0.5),
  normalisation: z.enum(["none", "group", "batch"]).default("group"),
  minimumSpread: between(0, 1).default(0),
  loudness: between(1, 20).default(1),
  objective: z.enum(OBJECTIVES).default("goalrank"),
  drags: byPlace(64, -3, 6).default({}),
  opened: z.array(openedList).max(16).default([]),

  space: z.enum(["group", "all"]).default("group"),
  start: z.enum(["scratch", "imitation"]).default("scratch"),
  width: integer(2, 24).default(12),
  learningRate: between(0.001, 0.2).default(0.03),
  refreshEvery: integer(1, 300).default(1),
  imitation: between(0, 3).default(0),
  rounds: integer(0, 4).default(0),
  roundEvery: integer(10, 100).default(40),
  step: integer(0, 300).default(0),
  phase: integer(0, PHASES.length - 1).default(0),
  truthHidden: z.boolean().default(false),

  mixture: integer(2, 8).default(4),
  narrow: integer(1, 4).default(1),
  wide: integer(1, 16).default(6),
  segments: integer(1, 64).default(8),

  cursor: integer(0, 200).default(0),
  bug: integer(0, 9).default(0),

  protocol: z.enum(["injected", "retrieved"]).default("injected"),
  supply: z.enum(["retrieved", "mixed"]).default("retrieved"),
  exhibit: integer(0, 9).default(0),
  remedies: z.array(integer(0, 3)).max(4).default([]),
  exercise: integer(0, 9).default(0),
  answers: z
    .array(
      z
        .string()
        .max(48)
        .regex(/^[^,;&#=\n]*$/),
    )
    .max(8)
    .default([]),
});

/** What the page shows, as one value. */
export type LabState = z.infer<typeof labSchema>;

/** What a visitor sees first. */
export const FIRST_STATE: LabState = labSchema.parse({});

/** Lists of a group, as its sources' counts say. */
export function groupSizeOf({ counts }: Pick<LabState, "counts">): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
