/** What the tests let one say of each row, and of GoalRank: "first", "level with" or "behind", and nothing beyond. */
import { type Comparison, type Contrast, compareWithBest } from "./best-baseline.ts";
import { GOAL_RANK } from "./contenders.ts";
import { type Results, type Row, rowName } from "./results.ts";

/** A difference is shown where the adjusted test says so at this level. */
const LEVEL = 0.05;

export interface Standing {
  /** Of all rows against the contender with the highest mean. */
  readonly comparison: Comparison;
  /** Whether a row takes part in the contest. */
  readonly competes: (row: Row) => boolean;
}

/** The contest by a measure; undefined where nothing was measured by which rows can be compared. */
export function standingOf(results: Results, measure: string, competes: (row: Row) => boolean): Standing | undefined {
  const comparison = compareWithBest(results, measure, competes);
  return comparison && { comparison, competes };
}

/** A row in the table's words: `first`, `level with MIR`, `behind MIR`. */
export function wordOf({ comparison, competes }: Standing, row: Row): string | undefined {
  const { reference, contrasts } = comparison;
  if (row === reference) {
    const isAlone = contrasts.filter((own) => competes(own.row)).every(isShown);
    return isAlone ? "first" : "highest mean";
  }
  const contrast = contrasts.find((own) => own.row === row);
  if (contrast === undefined) return undefined;
  return `${relation(contrast)} ${rowName(reference)}`;
}

function isShown({ adjustedPValue }: Contrast): boolean {
  return adjustedPValue < LEVEL;
}

function relation(contrast: Contrast): "level with" | "ahead of" | "behind" {
  if (!isShown(contrast)) return "level with";
  return contrast.mean > 0 ? "ahead of" : "behind";
}

/** The sentence that heads a table of methods; nothing where GoalRank is not among them. */
export function headline({ comparison, competes }: Standing): string | undefined {
  const { reference, contrasts } = comparison;
  const isSingle = reference.trials.length === 1;
  const said =
    reference.method === GOAL_RANK ? leaderSentence(contrasts.filter(({ row }) => competes(row))) : undefined;
  const own = contrasts.find(({ row }) => row.method === GOAL_RANK);
  const sentence = said ?? (own && `GoalRank is ${relation(own)} ${rowName(reference)}, which has the highest mean.`);
  if (sentence === undefined || !isSingle) return sentence;
  return `${sentence} There is one seed: how another training would come out is not in this.`;
}

/** Of GoalRank, whose mean is the highest. */
function leaderSentence(others: readonly Contrast[]): string {
  const level = others.filter((own) => !isShown(own)).map(({ row }) => rowName(row));
  if (level.length === 0) return "GoalRank is first.";
  const rest = level.length === others.length ? "" : ", and ahead of all others";
  return `GoalRank has the highest mean; it is level with ${level.join(", ")}${rest}.`;
}
