/** Results for programs: a line for each trial and split. */
import { METHODS } from "../methods/index.ts";
import { VALIDATION } from "./ranking-work.ts";
import type { TrialResult } from "./trial.ts";

/** What lists are measured by. */
const MEASURES = ["trueReward", "predictedReward", "hit", "ndcg", "map", "f1", "auc"];

/** A trial on one split: its measures, as far as they are known, stand beside these. */
export interface SplitLine extends Readonly<Record<string, string | number>> {
  readonly dataset: string;
  /** The method's name, and its title where it has no name. */
  readonly method: string;
  readonly seed: number;
  readonly split: "validation" | "test";
}

/** Both splits of a trial; none of one that measured nothing there. */
export function splitLines({ dataset, method: title, variant, seed, metrics }: TrialResult): SplitLine[] {
  const method = METHODS.find((own) => own.title === title)?.name ?? title;
  return (["validation", "test"] as const).flatMap((split) => {
    const prefix = split === "test" ? "" : VALIDATION;
    const known = MEASURES.flatMap((measure) => {
      const value: number | undefined = metrics[`${prefix}${measure}`];
      return value === undefined ? [] : [[measure, value] as const];
    });
    if (known.length === 0) return [];
    const label = { dataset, method, ...(variant !== "" && { variant }), seed, split };
    return [{ ...label, ...Object.fromEntries(known) }];
  });
}
