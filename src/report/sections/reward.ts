/** How far the reward model can be trusted: calibration, and the order of pairs of lists. */
import * as Plot from "@observablehq/plot";
import { figure, markLegend } from "../figure.ts";
import { type Html, html } from "../html.ts";
import { count, decimal, NONE, percent } from "../numbers.ts";
import { absent, pairs, type Section } from "../parts.ts";
import type { ReportInput, ReportJudge } from "../run-input.ts";

export function reward({ result }: ReportInput): Section {
  const frame = { id: "reward", name: "Reward model", title: "Reward model" };
  const judge = result?.judge;
  if (judge === undefined) {
    return {
      ...frame,
      content: absent("The reward model has not been judged yet: the run has no result.json."),
    };
  }
  return {
    ...frame,
    content: html`
<p>GoalRank can only be as good as the rewards that it learns from. Here they are compared with the liked items of ${count(judge.lists)} held-out lists that were shown. One list's feedback is mostly chance, so even perfect predictions correlate weakly with it; what counts is that lists with higher rewards earn more on average, and that pairs are in the right order.</p>
${judge.pearson !== undefined && judge.pearson <= 0 && html`<p class="warning">On these lists higher rewards do not mean more liked items: what follows from the rewards is not to be trusted on lists like those that were shown.</p>`}
<div class="figures">${calibrationFigure(judge)}${orderFigure(judge)}<div>${pairs([
      ...(result?.trueCorrelation === undefined
        ? []
        : [["Correlation with the true reward", decimal(result.trueCorrelation)] as const]),
      ["Pearson's correlation with the feedback", decimal(judge.pearson)],
      ["Spearman's rank correlation", decimal(judge.spearman)],
      ["Mean squared error", decimal(judge.meanSquaredError)],
      ["Share of variance explained, R²", decimal(judge.rSquared)],
    ])}</div></div>`,
  };
}

function calibrationFigure({ calibration }: ReportJudge): Html {
  const values = calibration.flatMap(({ predicted, observed }) => [predicted, observed]);
  const [low, high] = [Math.min(...values, 0), Math.max(...values, 0.1)];
  const lists = calibration.map((bin) => bin.lists);
  const sizes =
    Math.min(...lists) === Math.max(...lists) ? count(lists[0] ?? 0) : `about ${count(lists[0] ?? 0)}`;
  return figure(
    {
      title: "Predicted and observed reward",
      description: `Calibration in ${calibration.length} bins: ${calibration.map(({ predicted, observed }) => `predicted ${decimal(predicted, 2)}, observed ${decimal(observed, 2)}`).join("; ")}`,
      legend: markLegend([
        { name: `mean of ${sizes} lists`, mark: html`<circle cx="7" cy="5" r="3.5" fill="var(--accent)"/>` },
        {
          name: "perfect",
          mark: html`<path d="M0 9L14 1" stroke="var(--muted)" stroke-dasharray="3 3" fill="none"/>`,
        },
      ]),
    },
    {
      height: 264,
      marginTop: 26,
      x: {
        domain: [low, high],
        nice: true,
        label: "predicted",
        labelAnchor: "center",
        labelArrow: "none",
        ticks: 5,
      },
      y: { domain: [low, high], nice: true, label: "observed", labelArrow: "none", grid: true, ticks: 5 },
      marks: [
        Plot.link([0], {
          x1: low,
          y1: low,
          x2: high,
          y2: high,
          stroke: "var(--muted)",
          strokeDasharray: "3 3",
        }),
        Plot.line(calibration, {
          x: "predicted",
          y: "observed",
          stroke: "var(--accent)",
          strokeOpacity: 0.4,
        }),
        Plot.dot(calibration, { x: "predicted", y: "observed", r: 4, fill: "var(--accent)" }),
      ],
    },
  );
}

interface OrderBin {
  readonly name: string;
  readonly found: number;
  readonly accuracy: number;
}

/** Shares and counts, `dy` under their dots. */
function label(bins: readonly OrderBin[], dy: number): Plot.Text {
  return Plot.text(bins, {
    x: "name",
    y: "accuracy",
    dy,
    lineHeight: 1.1,
    text: ({ accuracy, found }: OrderBin) => `${percent(accuracy, 0)}%\n${count(found)}`,
  });
}

function orderFigure({ orderAccuracy }: ReportJudge): Html {
  const bins = orderAccuracy.map(({ gap, pairs: found, accuracy }, i): OrderBin => {
    const next = orderAccuracy[i + 1]?.gap;
    return { name: next === undefined ? `${gap} or more` : `${gap} to ${next}`, found, accuracy };
  });
  // Labels under dots need room.
  const lowest = Math.min(0.5, ...bins.map(({ accuracy }) => (accuracy < 0.5 ? accuracy - 0.16 : accuracy)));
  return figure(
    {
      title: "Pairs of lists in the right order, by how far apart they are",
      description: `Share of pairs in the right order by the difference of their observed rewards: ${bins.map(({ name, accuracy, found }) => `${name} ${percent(accuracy)}% of ${count(found)}`).join("; ") || NONE}`,
      legend: markLegend([
        {
          name: "share of pairs, and how many",
          mark: html`<circle cx="7" cy="5" r="3.5" fill="var(--accent)"/>`,
        },
        {
          name: "chance",
          mark: html`<path d="M0 5H14" stroke="var(--muted)" stroke-dasharray="3 3" fill="none"/>`,
        },
      ]),
    },
    {
      height: 260,
      x: {
        type: "point",
        domain: bins.map(({ name }) => name),
        label: "difference in liked items",
        labelAnchor: "center",
        labelArrow: "none",
        padding: 0.6,
      },
      y: {
        domain: [lowest, 1],
        label: null,
        grid: true,
        ticks: 5,
        tickFormat: (value: number) => `${percent(value, 0)}%`,
      },
      marks: [
        Plot.ruleY([0.5], { stroke: "var(--muted)", strokeDasharray: "3 3" }),
        Plot.ruleX(bins, {
          x: "name",
          y1: 0.5,
          y2: "accuracy",
          stroke: "var(--accent)",
          strokeOpacity: 0.4,
          strokeWidth: 2,
        }),
        Plot.dot(bins, { x: "name", y: "accuracy", r: 4, fill: "var(--accent)" }),
        label(
          bins.filter(({ accuracy }) => accuracy >= 0.5),
          -18,
        ),
        label(
          bins.filter(({ accuracy }) => accuracy < 0.5),
          18,
        ),
      ],
      marginTop: 34,
    },
  );
}
