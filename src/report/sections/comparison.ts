/** Every method by every measure on the test lists: the table, and GoalRank's leads. */
import type { StoredAdvantage, StoredResult } from "../../run/result-schema.ts";
import { type Content, type Html, html } from "../html.ts";
import { intervalFigure } from "../intervals.ts";
import { bestMethod, isGoalRank, type Measure, measuresOf } from "../measures.ts";
import { count, decimal, NONE, signed } from "../numbers.ts";
import { absent, folded, pairs, type Section, table } from "../parts.ts";

export const comparison: Section = {
  id: "results",
  name: "All results",
  hint: "every method by every measure, on the test lists",
  content({ result, dataReport }) {
    if (result === undefined || result.rows.length === 0) {
      return absent("No method has been judged yet: the run has no result.json.");
    }
    const measures = measuresOf(result);
    const candidates = result.protocols?.candidates.test ?? dataReport?.splits.test.candidates;
    return html`
${resultTable(result, measures, candidates)}
${folded("What the measures mean", pairs(measures.map(({ title, meaning }) => [title, meaning])))}
${result.advantages.length > 0 && leads(result.advantages, result)}
${result.offPolicy && offPolicy(result.offPolicy)}`;
  },
};

function leads(advantages: readonly StoredAdvantage[], { rows }: StoredResult): Html {
  const [{ measure }] = advantages;
  const over = measure === "hits" ? overCounted(rows[0]) : "the test requests";
  const title = `GoalRank's lead in ${measure} per list`;
  const sorted = advantages.toSorted((a, b) => a.mean - b.mean);
  return html`<h3>GoalRank against each method, request by request</h3>
<div class="figures">
${intervalFigure({
  title,
  about: title,
  isDifference: true,
  intervals: sorted.map(({ over, mean, halfWidth }) => ({
    name: over,
    value: mean,
    halfWidth,
    label: signed(mean),
    tone: Math.abs(mean) <= halfWidth ? "faint" : mean > 0 ? "ahead" : "behind",
  })),
  legend: [
    ["ahead", "GoalRank is ahead"],
    ["behind", "GoalRank is behind"],
    ["faint", "may be chance"],
  ],
})}
<div class="rest">${table({
    caption: `Differences over ${over}, request by request; p of a two-sided randomisation test`,
    columns: ["over", `${measure} per list`, "95% interval", "p"],
    rows: sorted.map(({ over, mean, halfWidth, pValue: chance }) => ({
      head: over,
      cells: [
        signed(mean),
        `${signed(mean - halfWidth)} to ${signed(mean + halfWidth)}`,
        chance < 0.001 ? "< 0.001" : chance.toFixed(3),
      ],
    })),
  })}</div></div>`;
}

/** The requests that metrics against the log are means of. */
function overCounted({ users, usersWithoutPositive = 0 }: StoredResult["rows"][number]): string {
  if (users === undefined) return "the test lists";
  if (usersWithoutPositive === 0) return `${count(users)} test lists`;
  return `the ${count(users)} of ${count(users + usersWithoutPositive)} test lists that hold a liked candidate`;
}

/** What the means are of: rewards of all lists, metrics against the log of those with a liked candidate. */
function caption({ rows, testRequests }: StoredResult, candidates: string | undefined): Content {
  const rewards = rows.some(({ trueReward }) => trueReward !== undefined) ? "Rewards and regret" : "Predicted rewards";
  const all = testRequests !== undefined && (rows[0].usersWithoutPositive ?? 0) > 0;
  return [
    candidates !== undefined && html`<strong>Candidates: ${candidates}.</strong> `,
    `Means over ${overCounted(rows[0])}${all ? `; ${rewards.toLowerCase()} over all of them` : ""}.`,
    rows[0].halfWidths !== undefined && " ± is half the width of a 95% interval.",
    " ▲ marks the best method of a column; random and oracle are not counted.",
  ];
}

function resultTable(result: StoredResult, measures: readonly Measure[], candidates: string | undefined): Html {
  const { rows, verdict } = result;
  const best = new Map(measures.map((measure) => [measure.key, bestMethod(rows, measure)]));
  const chosen = verdict === undefined ? undefined : (verdict.choice.chosen ?? "");
  return table({
    caption: caption(result, candidates),
    columns: ["Method", ...measures.map(({ title }) => title)],
    rows: rows.map((row) => ({
      head: row.method,
      class: (chosen === undefined ? isGoalRank(row.method) : row.name === chosen) ? "own" : undefined,
      cells: measures.map(({ key, format }) => {
        const halfWidth = row.halfWidths?.[key];
        const value = row[key];
        if (value === undefined) return NONE;
        const isBest = best.get(key) === row;
        return html`<span${isBest && html` class="best"`}>${format(value)}</span>${isBest && html`<span class="unseen"> (best)</span>`}${halfWidth !== undefined && html`<span class="interval">±${format(halfWidth)}</span>`}`;
      }),
    })),
  });
}

type OffPolicy = NonNullable<StoredResult["offPolicy"]>;

function offPolicy({ predicted, trueReward, ...estimates }: OffPolicy): Html {
  const row = (head: string, { value, standardError, effectiveSize }: (typeof estimates)["sequential"]) => ({
    head,
    cells: [
      decimal(value),
      standardError === undefined ? NONE : `±${decimal(1.96 * standardError)}`,
      decimal(effectiveSize, 1),
    ],
  });
  return html`<h3>What the log alone says of the policy</h3>
<p>The log carries the chances at which its lists were shown, so it can judge lists that GoalRank samples. Few logged lists are like GoalRank's: the last column says how many they are worth.</p>
${table({
  caption: "Reward of lists that GoalRank samples",
  columns: ["Estimate", "Reward", "95% interval", "Lists' worth"],
  rows: [
    { head: "Reward model", cells: [decimal(predicted), NONE, NONE] },
    row("Inverse propensity", estimates.inversePropensity),
    row("Sequential inverse propensity", estimates.sequential),
    row("Doubly robust", estimates.doublyRobust),
    ...(trueReward === undefined ? [] : [{ head: "True reward", cells: [decimal(trueReward), NONE, NONE] }]),
  ],
})}`;
}
