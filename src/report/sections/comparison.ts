/** Every method by every measure: dots with intervals, GoalRank's leads, and the table. */
import * as Plot from "@observablehq/plot";
import type { StoredAdvantage, StoredResult, StoredRow } from "../../run/result-schema.ts";
import { DASHED, figure } from "../figure.ts";
import { type Content, type Html, html } from "../html.ts";
import { bestMethod, isGoalRank, isLandmark, type Measure, measuresOf } from "../measures.ts";
import { count, decimal, NONE, signed } from "../numbers.ts";
import { absent, folded, pairs, type Section, table } from "../parts.ts";

export const comparison: Section = {
  id: "results",
  name: "Results",
  content({ result }) {
    if (result === undefined || result.rows.length === 0) {
      return absent("No method has been judged yet: the run has no result.json.");
    }
    const { rows, advantages } = result;
    const measures = measuresOf(result);
    return html`
${resultTable(result, measures)}
${folded("What the measures mean", pairs(measures.map(({ title, meaning }) => [title, meaning])))}
<h3>Measure by measure</h3>
<p>Dots are means over the test requests, lines their 95% confidence intervals.${intervalNote(result)}</p>
<div class="figures">${measures.filter(({ key }) => key !== "regret").map((measure) => measureFigure(rows, measure))}</div>
${advantages.length > 0 && leads(advantages)}
${result.offPolicy && offPolicy(result.offPolicy)}`;
  },
};

function intervalNote({ rows }: StoredResult): Content {
  const [{ halfWidths, users, usersWithoutPositive = 0 }] = rows;
  if (halfWidths === undefined) return " This run has no intervals.";
  if (users === undefined || usersWithoutPositive === 0) return undefined;
  return ` The ranking metrics are over the ${count(users)} requests of which a candidate was liked; the other ${count(usersWithoutPositive)} have none.`;
}

const ROW_HEIGHT = 34;

interface Interval {
  readonly name: string;
  readonly value: number;
  readonly halfWidth: number;
  readonly label: string;
  readonly tone: "strong" | "plain" | "faint";
}

const TONES = { strong: "var(--accent)", plain: "var(--text)", faint: "var(--muted)" };

/** One line for each name, its label above it: that leaves the whole width to the numbers. */
function intervalFigure(
  title: string,
  about: string,
  intervals: readonly Interval[],
  x: Plot.ScaleOptions,
  marks: readonly Plot.Markish[] = [],
): Html {
  const colour = ({ tone }: Interval) => TONES[tone];
  const labels = { y: "name", dy: -7, fill: colour, stroke: "var(--page)", strokeWidth: 3 } as const;
  const names = { ...labels, text: "name", frameAnchor: "left", textAnchor: "start" } as const;
  const ofTone = (isStrong: boolean) => intervals.filter(({ tone }) => (tone === "strong") === isStrong);
  return figure({
    title,
    description: `${about}: ${intervals.map(({ name, label }) => `${name} ${label}`).join("; ")}`,
    height: 30 + ROW_HEIGHT * intervals.length,
    marginLeft: 6,
    marginRight: 14,
    marginTop: 4,
    marginBottom: 26,
    x: { ...x, grid: true, ticks: 4, label: null },
    y: { axis: null, type: "band", domain: intervals.map(({ name }) => name), padding: 0 },
    marks: [
      ...marks,
      Plot.ruleY(intervals, {
        x1: ({ value, halfWidth }: Interval) => value - halfWidth,
        x2: ({ value, halfWidth }: Interval) => value + halfWidth,
        y: "name",
        dy: 8,
        stroke: colour,
        strokeWidth: 2,
      }),
      Plot.dot(intervals, { x: "value", y: "name", dy: 8, r: 4, fill: colour, stroke: "var(--page)" }),
      Plot.text(ofTone(true), { ...names, fontWeight: 600 }),
      Plot.text(ofTone(false), names),
      Plot.text(intervals, { ...labels, text: "label", frameAnchor: "right", textAnchor: "end" }),
    ],
  });
}

function measureFigure(rows: readonly StoredRow[], { key, title, format, scale, meaning }: Measure): Html {
  const intervals = rows.flatMap((row): Interval[] => {
    const value = row[key];
    if (value === undefined) return [];
    const halfWidth = row.halfWidths?.[key];
    return [
      {
        name: row.method,
        value: scale * value,
        halfWidth: scale * (halfWidth ?? 0),
        label: halfWidth === undefined ? format(value) : `${format(value)} ±${format(halfWidth)}`,
        tone: isGoalRank(row.method) ? "strong" : isLandmark(row.method) ? "faint" : "plain",
      },
    ];
  });
  return intervalFigure(title, `${title}, ${meaning}`, intervals, { nice: true });
}

function leads(advantages: readonly StoredAdvantage[]): Html {
  const [{ measure }] = advantages;
  const intervals = advantages.map(
    ({ over, mean, halfWidth }): Interval => ({
      name: over,
      value: mean,
      halfWidth,
      label: signed(mean),
      tone: Math.abs(mean) > halfWidth ? "strong" : "faint",
    }),
  );
  const title = `GoalRank's lead in ${measure} per list`;
  const ends = advantages.flatMap(({ mean, halfWidth }) => [mean - halfWidth, mean + halfWidth, 0]);
  const x: Plot.ScaleOptions = { nice: true, domain: [Math.min(...ends), Math.max(...ends)] };
  return html`<h3>GoalRank against each method, request by request</h3>
<div class="figures">
${intervalFigure(title, title, intervals, x, [Plot.ruleX([0], DASHED)])}
<div class="rest">${table({
    caption: "Paired differences over the same requests; p of a two-sided randomisation test",
    columns: ["over", `${measure} per list`, "95% interval", "p"],
    rows: advantages.map(({ over, mean, halfWidth, pValue: chance }) => ({
      head: over,
      cells: [
        signed(mean),
        `${signed(mean - halfWidth)} to ${signed(mean + halfWidth)}`,
        chance < 0.001 ? "< 0.001" : chance.toFixed(3),
      ],
    })),
  })}</div></div>`;
}

function resultTable({ rows, testRequests }: StoredResult, measures: readonly Measure[]): Html {
  const best = new Map(measures.map((measure) => [measure.key, bestMethod(rows, measure)]));
  return table({
    caption: html`Means${testRequests !== undefined && ` over ${count(testRequests)} test requests`}, with half the width of their 95% intervals. ▲ marks the best method of a column; random and oracle are not counted.`,
    columns: ["Method", ...measures.map(({ title }) => title)],
    rows: rows.map((row) => ({
      head: row.method,
      class: isGoalRank(row.method) ? "own" : undefined,
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
