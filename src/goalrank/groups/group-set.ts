/** The helper set M (section 3.3) as configuration: which sources give how many lists to every group. */
import { nearestName } from "../../text/nearest-name.ts";
import { checkTemperature, GROUP_SOURCES, type GroupSource } from "./lists.ts";

/** `count` lists of one source. Temperatures are 1 without a number, except where said. */
export type GroupEntry =
  /** Sampled from the generator; `topP` as in `SamplingOptions`. */
  | {
      readonly source: "policy";
      readonly count: number;
      readonly temperature?: number;
      readonly topP?: number;
    }
  /**
   * The likeliest of the generator's tree over the first `steps` positions (default 1), with `branches` of each
   * (default: as few as give `count` lists).
   */
  | { readonly source: "tree"; readonly count: number; readonly steps?: number; readonly branches?: number }
  /** Drawn from the scorer's logits without replacement. */
  | { readonly source: "pointwise"; readonly count: number; readonly temperature?: number }
  /** Drawn from the chain of the generator's pair scores. */
  | { readonly source: "markov"; readonly count: number; readonly temperature?: number }
  | { readonly source: "random"; readonly count: number }
  /** Lists of the group so far with up to two items replaced. */
  | { readonly source: "substitution"; readonly count: number }
  /**
   * From the scorer's logits less `penalty` (default 1) for each list of the group that holds the item; without a
   * temperature nothing is drawn.
   */
  | {
      readonly source: "diverse";
      readonly count: number;
      readonly temperature?: number;
      readonly penalty?: number;
    }
  /** The list that was shown; its count is 1. */
  | { readonly source: "logged"; readonly count: number };

/** Where the lists of a group come from, and how many of each source. */
export type GroupSet = readonly GroupEntry[];

/** The example's (ours): half from the policy, and its neighbourhood by substitution. */
export const DEFAULT_GROUP_SET: GroupSet = [
  { source: "policy", count: 8, temperature: 1 },
  { source: "pointwise", count: 2, temperature: 0.5 },
  { source: "random", count: 1 },
  { source: "substitution", count: 5 },
];

/** What each source may be told besides its count. */
const OPTIONS: Readonly<Record<GroupSource, readonly string[]>> = {
  policy: ["temperature", "topP"],
  tree: ["steps", "branches"],
  pointwise: ["temperature"],
  markov: ["temperature"],
  random: [],
  substitution: [],
  diverse: ["temperature", "penalty"],
  logged: [],
};

/**
 * Checks a set that may come from a file or a command line.
 * @throws RangeError that names the entry and what it should be
 */
export function checkGroupSet(set: GroupSet): void {
  for (const entry of set) checkEntry(entry);
  const size = set.reduce((sum, { count }) => sum + count, 0);
  if (size < 2)
    throw new RangeError(`groups: a group needs at least 2 lists to compare, the set gives ${size}`);
  const substituted = set.reduce(
    (sum, { source, count }) => sum + (source === "substitution" ? count : 0),
    0,
  );
  if (substituted === size) {
    throw new RangeError("groups: substitution needs at least one list to start from; add another source");
  }
}

function checkEntry(entry: GroupEntry): void {
  const { source, count } = entry;
  if (!GROUP_SOURCES.includes(source)) {
    throw new RangeError(
      `groups: there is no source "${source}"; did you mean "${nearestName(String(source), GROUP_SOURCES)}"? ` +
        `The sources are ${GROUP_SOURCES.join(", ")}`,
    );
  }
  checkOptionNames(entry);
  if (!(Number.isInteger(count) && count >= 0)) {
    throw new RangeError(`groups: the count of ${source} must be an integer of at least 0, got ${count}`);
  }
  if (source === "logged" && count > 1) {
    throw new RangeError(`groups: a request has one logged list, but the count of logged is ${count}`);
  }
  if ("temperature" in entry && entry.temperature !== undefined) checkTemperature(source, entry.temperature);
  if (entry.source === "policy") checkTopP(entry.topP);
  if (entry.source === "tree") checkTree(entry);
  if (entry.source === "diverse" && !((entry.penalty ?? 0) >= 0)) {
    throw new RangeError(
      `groups: the penalty of diverse must be a number of at least 0, got ${entry.penalty}`,
    );
  }
}

function checkOptionNames(entry: GroupEntry): void {
  const { source } = entry;
  const known = ["source", "count", ...OPTIONS[source]];
  for (const name of Object.keys(entry)) {
    if (known.includes(name)) continue;
    throw new RangeError(
      `groups: ${source} has no option "${name}"; did you mean "${nearestName(name, known)}"? ` +
        `Its options are ${known.slice(1).join(", ")}`,
    );
  }
}

function checkTopP(topP = 1): void {
  if (!(topP > 0 && topP <= 1)) {
    throw new RangeError(`groups: the topP of policy must be above 0 and at most 1, got ${topP}`);
  }
}

function checkTree(entry: GroupEntry & { readonly source: "tree" }): void {
  const { steps, branches } = treeShape(entry);
  for (const [name, value] of Object.entries({ steps, branches })) {
    if (!(Number.isInteger(value) && value >= 1)) {
      throw new RangeError(`groups: the ${name} of tree must be a positive integer, got ${value}`);
    }
  }
  if (branches ** steps < entry.count) {
    throw new RangeError(
      `groups: ${branches} branches in each of ${steps} steps give ${branches ** steps} lists of tree, ` +
        `expected at least its count, ${entry.count}`,
    );
  }
}

/** Steps and branches of a tree, with their defaults. */
export function treeShape({ count, steps = 1, branches }: GroupEntry & { readonly source: "tree" }): {
  readonly steps: number;
  readonly branches: number;
} {
  if (branches !== undefined) return { steps, branches };
  // As few branches as reach the count, without trusting a root to be rounded well.
  let fewest = 1;
  while (fewest < count && fewest ** steps < count) fewest++;
  return { steps, branches: fewest };
}
