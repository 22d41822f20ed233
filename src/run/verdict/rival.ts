/** Whether another ranker, of which the scores are known, is better than what a run would deploy. */
import { mean } from "../../evaluation/statistics.ts";
import { pairedDifference } from "../evaluate-lists.ts";
import type { Choice, RivalLead } from "../result-schema.ts";
import { LEAST_LISTS, type MethodWorth, RIVAL, SIGNIFICANCE } from "./choice.ts";

/** What the lists of methods are worth, those of the rival among them. */
type Worths = readonly Pick<MethodWorth, "name" | "title" | "values">[];

/**
 * The best of ours beside the rival on validation lists, where it has scores of them; else the chosen one on the test.
 * @param validated what lists for the validation requests are worth
 * @param tested likewise for the test
 */
export function besideRival(
  validated: Worths,
  tested: Worths,
  { best, chosen }: Choice,
  seed: number,
): RivalLead | undefined {
  const on = (lists: RivalLead["lists"], worths: Worths, ours: string | undefined): RivalLead | undefined => {
    const own = worths.find(({ name }) => name === ours);
    const rival = worths.find(({ name }) => name === RIVAL);
    if (own === undefined || rival === undefined || rival.values.length < LEAST_LISTS) return undefined;
    return {
      method: rival.title,
      lists,
      count: rival.values.length,
      mean: mean(rival.values),
      ours: own.name,
      oursMean: mean(own.values),
      lead: pairedDifference(own.values, rival.values, seed),
    };
  };
  return on("validation", validated, best) ?? on("test", tested, chosen);
}

/**
 * Whether theirs is to be taken: on validation lists where it is clearly better, at 5%. Where only the test is known of
 * it, nothing else can be said for ours, so that any lead of theirs there counts.
 */
export function isRivalBetter({ lists, lead }: RivalLead): boolean {
  return lead.mean < 0 && (lists === "test" || lead.pValue < SIGNIFICANCE);
}
