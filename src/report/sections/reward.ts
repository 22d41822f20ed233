/** How far the reward model can be trusted: calibration, and the order of pairs of lists. */
import * as Plot from "@observablehq/plot";
import type { StoredJudge } from "../../run/result-schema.ts";
import { DASHED, figure, markLegend } from "../figure.ts";
import { type Html, html } from "../html.ts";
import { count, decimal, NONE, percent, wholePercent } from "../numbers.ts";
import { absent, pairs, type Section } from "../parts.ts";

export const reward: Section = {
  id: "reward",
  name: "Reward model",
  hint: "whether what the reward model says of lists can be trusted",
  content({ result: { judge, trueCorrelation } = {} }) {
    if (judge === undefined) return absent("The reward model has not been judged yet: the run has no result.json.");
    return html`
<p>GoalRank can only be as good as the rewards that it learns from. Here they are compared with the liked items of ${count(judge.lists)} held-out lists that were shown. One list's feedback is mostly chance, so even perfect predictions correlate weakly with it; what counts is that lists with higher rewards earn more on average, and that pairs are in the right order.</p>
${judge.pearson !== undefined && judge.pearson <= 0 && html`<p class="warning">On these lists higher rewards do not mean more liked items: what follows from the rewards is not to be trusted on lists like those that were shown.</p>`}
${judge.orderAccuracy.length === 0 && html`<p class="note">All of these lists got the same feedback, so there is no order to be right about.</p>`}
<div class="figures">${judge.calibration.length > 1 && calibrationFigure(judge)}${judge.orderAccuracy.length > 0 && orderFigure(judge)}<div>${pairs(
      [
        trueCorrelation !== undefined && ["Correlation with the true reward", decimal(trueCorrelation)],
        ["Pearson's correlation with the feedback", decimal(judge.pearson)],
        ["Spearman's rank correlation", decimal(judge.spearman)],
        ["Mean squared error", decimal(judge.meanSquaredError)],
        ["Share of variance explained, R²", decimal(judge.rSquared)],
      ],
    )}</div></div>`;
  },
};

function calibrationFigure({ calibration }: StoredJudge): Html {
  const values = calibration.flatMap(({ predicted, observed }) => [predicted, observed]);
  const [low, high] = [Math.min(...values, 0), Math.max(...values, 0.1)];
  const lists = calibration.map((bin) => bin.lists);
  const sizes = Math.min(...lists) === Math.max(...lists) ? count(lists[0] ?? 0) : `about ${count(lists[0] ?? 0)}`;
  const words = calibration.map(
    ({ predicted, observed }) => `predicted ${decimal(predicted, 2)}, observed ${decimal(observed, 2)}`,
  );
  const axis = { domain: [low, high], nice: true, ticks: 5 };
  const place = { x: "predicted", y: "observed" };
  return figure({
    title: "Predicted and observed reward",
    description: `Calibration in ${calibration.length} bins: ${words.join("; ")}`,
    legend: markLegend(["dot", `mean of ${sizes} lists`], ["diagonal", "perfect"]),
    height: 264,
    marginTop: 26,
    x: { ...axis, label: "predicted", labelAnchor: "center" },
    y: { ...axis, label: "observed", grid: true },
    marks: [
      Plot.link([0], { x1: low, y1: low, x2: high, y2: high, ...DASHED }),
      Plot.line(calibration, { ...place, stroke: "var(--accent)", strokeOpacity: 0.4 }),
      Plot.dot(calibration, { ...place, r: 4, fill: "var(--accent)" }),
    ],
  });
}

interface OrderBin {
  readonly name: string;
  readonly found: number;
  readonly accuracy: number;
}

/** Shares and counts, `dy` under their dots. */
function label(bins: readonly OrderBin[], dy: number): Plot.Text {
  const text = ({ accuracy, found }: OrderBin) => `${wholePercent(accuracy)}\n${count(found)}`;
  return Plot.text(bins, { x: "name", y: "accuracy", dy, lineHeight: 1.1, text });
}

function orderFigure({ orderAccuracy }: StoredJudge): Html {
  const bins = orderAccuracy.map(({ gap, pairs: found, accuracy }, i): OrderBin => {
    const next = orderAccuracy[i + 1]?.gap;
    return { name: next === undefined ? `${gap} or more` : `${gap} to ${next}`, found, accuracy };
  });
  const words = bins.map(({ name, accuracy, found }) => `${name} ${percent(accuracy)}% of ${count(found)}`);
  const [above, below] = [true, false].map((isAbove) => bins.filter(({ accuracy }) => accuracy >= 0.5 === isAbove));
  // Labels under dots need room.
  const lowest = Math.min(0.5, ...below.map(({ accuracy }) => accuracy - 0.16));
  return figure({
    title: "Pairs of lists in the right order, by how far apart they are",
    description: `Share of pairs in the right order by the difference of their observed rewards: ${words.join("; ") || NONE}`,
    legend: markLegend(["dot", "share of pairs, and how many"], ["level", "chance"]),
    height: 260,
    marginTop: 34,
    x: {
      type: "point",
      domain: bins.map(({ name }) => name),
      label: "difference in liked items",
      labelAnchor: "center",
      padding: 0.6,
    },
    y: { domain: [lowest, 1], label: null, grid: true, ticks: 5, tickFormat: wholePercent },
    marks: [
      Plot.ruleY([0.5], DASHED),
      Plot.ruleX(bins, {
        x: "name",
        y1: 0.5,
        y2: "accuracy",
        stroke: "var(--accent)",
        strokeOpacity: 0.4,
        strokeWidth: 2,
      }),
      Plot.dot(bins, { x: "name", y: "accuracy", r: 4, fill: "var(--accent)" }),
      label(above, -18),
      label(below, 18),
    ],
  });
}
