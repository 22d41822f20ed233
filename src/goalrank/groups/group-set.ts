/** The helper set M (section 3.3) as a setting: which sources give how many lists to every group. */
import * as z from "zod";
import { checkSettings } from "../../settings/check-settings.ts";
import { count, countOrNone, name, nonNegative, positive, type Settings } from "../../settings/setting-kinds.ts";

const listCount = countOrNone.describe("Lists of this source in a group");
/** 1 unless given; of `diverse`, nothing is drawn without one. */
const temperature = positive.exactOptional().describe("Of the softmax that lists are drawn from");

/** Whose scores a source draws from, one for each candidate. */
const scores = z
  .enum(["pointwise", "policy"])
  .exactOptional()
  .describe("Whose scores of candidates: the DNN's unless given, or the generator's at its first position");

/** The schema of one source's lists, with the settings that only it has. */
function entryOf<Source extends string, Own extends z.ZodRawShape>(source: Source, says: string, own: Own) {
  return z.strictObject({ source: z.literal(source).describe(says), count: listCount, ...own });
}

const tree = entryOf("tree", "The likeliest of the generator's tree over the first positions", {
  steps: count.exactOptional().describe("Positions of the tree"),
  branches: count.exactOptional().describe("Branches of each position"),
}).superRefine((entry, { addIssue }) => {
  const { steps, branches } = treeShape(entry);
  if (branches ** steps >= entry.count) return;
  addIssue(
    `${branches} branches in each of ${steps} steps give ${branches ** steps} lists of tree, ` +
      `expected at least its count, ${entry.count}`,
  );
});

const groupEntry = z.discriminatedUnion("source", [
  entryOf("policy", "Sampled from the generator", {
    temperature,
    topP: positive.max(1).exactOptional().describe("Draw from the likeliest items that hold this probability"),
  }),
  tree,
  entryOf("pointwise", "Drawn from scores of candidates without replacement", { temperature, scores }),
  entryOf("judge", "Drawn from a contextual judge's logits without replacement", { temperature }),
  entryOf("markov", "Drawn from the chain of the generator's pair scores", { temperature }),
  entryOf("random", "Uniformly random", {}),
  entryOf("substitution", "Lists of the group so far with up to two items replaced", {}),
  entryOf("diverse", "From scores of candidates less a penalty for items that are taken", {
    temperature,
    scores,
    penalty: nonNegative.exactOptional().describe("For each list of the group that holds the item"),
  }),
  entryOf("helper", "The answer of a method that was trained before, then lists drawn from its scores", {
    method: name.describe("The method, such as prm"),
    temperature,
  }),
  entryOf("logged", "The list that was shown", { count: listCount.max(1) }),
]);

/** `count` lists of one source. */
export type GroupEntry = Settings<typeof groupEntry>;

/** Where a list of a group came from. Each has a file of its own in this folder; that of `pointwise` and `judge` is softmax.ts. */
export type GroupSource = GroupEntry["source"];
/** Every {@link GroupSource}. */
export const GROUP_SOURCES: readonly GroupSource[] = groupEntry.options.map(({ shape }) => shape.source.value);

/** Where the lists of a group come from, and how many of each source. */
export type GroupSet = readonly GroupEntry[];

/** The schema of a {@link GroupSet}. */
export const groupSetSchema = z.array(groupEntry).superRefine((set, { addIssue }) => {
  const size = groupSizeOf(set);
  if (size < 2) addIssue(`a group needs at least 2 lists to compare, the set gives ${size}`);
  else if (groupSizeOf(set.filter(({ source }) => source === "substitution")) === size) {
    addIssue("substitution needs at least one list to start from; add another source");
  }
});

/** The example's (ours): half from the policy, and its neighbourhood by substitution. */
export const DEFAULT_GROUP_SET: GroupSet = [
  { source: "policy", count: 8, temperature: 1 },
  { source: "pointwise", count: 2, temperature: 0.5 },
  { source: "random", count: 1 },
  { source: "substitution", count: 5 },
];

/** The methods whose lists a set holds, which must be trained before. */
export function helpersOf(set: GroupSet): string[] {
  return [...new Set(set.flatMap((entry) => (entry.source === "helper" && entry.count > 0 ? [entry.method] : [])))];
}

/** Lists that a set gives to every group. */
export function groupSizeOf(set: GroupSet): number {
  return set.reduce((sum, { count }) => sum + count, 0);
}

/**
 * Checks a set that may come from a file or a command line.
 * @throws SettingsError that names the entry and what it should be
 */
export function checkGroupSet(set: GroupSet): void {
  checkSettings("groups.set", groupSetSchema, set);
}

/** Steps (1 unless given) and branches of a tree: as few as give `count` lists unless given. */
export function treeShape({ count, steps = 1, branches }: Settings<typeof tree>): {
  readonly steps: number;
  readonly branches: number;
} {
  if (branches !== undefined) return { steps, branches };
  // As few branches as reach the count, without trusting a root to be rounded well.
  let fewest = 1;
  while (fewest < count && fewest ** steps < count) fewest++;
  return { steps, branches: fewest };
}
