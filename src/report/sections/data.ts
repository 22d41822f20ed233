/** The data: what is left of the log at each stage, what its lists look like, and whether the test leaked. */
import * as Plot from "@observablehq/plot";
import { SPLITS } from "../../data/protocols.ts";
import type { DataReport } from "../../data/report/data-report-schema.ts";
import { figure, lineLegend, lineStyle } from "../figure.ts";
import { type Content, type Html, html } from "../html.ts";
import { compact, count, decimal, NONE, percent, wholePercent } from "../numbers.ts";
import { absent, folded, pairs, type Section, table } from "../parts.ts";

export const data: Section = {
  id: "data",
  name: "Data",
  hint: "what is left of the log, and whether the test leaked into it",
  content({ dataReport, result }) {
    if (dataReport === undefined) {
      const isWorld = result?.rows.some(({ trueReward }) => trueReward !== undefined) === true;
      return absent(
        isWorld
          ? "The lists come from the embedded world, a simulator whose true rewards are known; there is no log to report on."
          : "The run has no data-report.json: its data come from the embedded world, or are queries with grades (goalrank prepare reports on them), or were prepared before it, or are not ready yet.",
      );
    }
    return html`
${leakage(dataReport)}
${stageTable(dataReport)}
${listTable(dataReport)}
<div class="figures">${positivesFigure(dataReport)}${spanFigure(dataReport)}${listsPerUserFigure(dataReport)}</div>
${properties(dataReport)}`;
  },
};

function leakage({ checks }: DataReport): Html {
  const failed = checks.filter(({ passed }) => !passed);
  const items = [...failed, ...checks.filter(({ passed }) => passed)].map(({ name, passed, count: broken }) =>
    passed
      ? html`<li><span class="mark" aria-hidden="true">✓</span><span class="unseen">passed: </span>${name}</li>`
      : html`<li class="failed"><span class="mark" aria-hidden="true">✗</span>Fails: ${name} (${count(broken)} do not hold)</li>`,
  );
  const verdict =
    failed.length === 0
      ? html`<p>All ${checks.length} checks for leakage pass.</p>`
      : html`<p class="warning failure"><strong>${failed.length} of ${checks.length} checks for leakage fail.</strong> The results may be better than they should.</p>`;
  const list = html`<ul class="checks">${items}</ul>`;
  return html`<h3>Leakage</h3>${verdict}${failed.length === 0 ? folded("What was checked", list) : list}`;
}

type LogCounts = Pick<DataReport, "users" | "items" | "interactions"> & { readonly positives?: number };

function stageTable({ preparation, ...report }: DataReport): Html {
  const row = (head: string, { users, items, interactions, positives }: LogCounts) => ({
    head,
    cells: [users, items, interactions, positives].map((own) => (own === undefined ? NONE : count(own))),
  });
  const stages =
    preparation === undefined
      ? [row("Used", report)]
      : [row("Read", preparation.read), row(`Kept (${preparation.core}-core)`, preparation.kept)];
  const learned = { head: "Retriever learned from", cells: [NONE, NONE, count(report.learned), NONE] };
  return html`<h3>What is left at each stage</h3>${table({
    caption: "The log",
    columns: ["Stage", "Users", "Items", "Interactions", "Positives"],
    rows: [...stages, learned],
  })}${preparation !== undefined && html`<p class="note">${preparation.core}-core: users and items with fewer than ${preparation.core} interactions are left out, again and again, until all that are left have as many.</p>`}`;
}

function listTable({ lists, splits, preparation, split }: DataReport): Html {
  const { unused = 0, nothingShown = 0, withoutChoice = 0 } = lists;
  const drawn = preparation?.trainingListsDrawn;
  const row = (head: string, value: number, what: Content = "") => ({
    head,
    cells: [count(value), { content: what, class: "text" }],
  });
  const optional = (head: string, value: number) => (value === 0 ? [] : [row(head, value, "left out")]);
  const used = (name: keyof DataReport["splits"]) =>
    `${count(splits[name].lists)} used, candidates ${splits[name].candidates}`;
  return table({
    caption: `Lists${preparation === undefined ? "" : ` of ${preparation.listLength}`}, split by ${split}`,
    columns: ["Lists", "Count", html`<span class="unseen">Note</span>`],
    rows: [
      row("Cut", lists.lists),
      row("With a positive", lists.withPositive),
      ...optional("With a positive, but an item twice", lists.withRepeat),
      ...optional("Logged, but nothing shown", nothingShown),
      ...optional("With fewer than two candidates", withoutChoice),
      ...optional("Between two splits, or after their user's list of one", unused),
      row(
        "Training",
        lists.training,
        drawn === undefined || drawn === lists.training
          ? used("training")
          : `${count(drawn)} drawn, candidates ${splits.training.candidates}`,
      ),
      row("Validation", lists.validation, used("validation")),
      row("Test", lists.test, used("test")),
    ],
  });
}

function positivesFigure({ splits }: DataReport): Html {
  const points = SPLITS.map((name) =>
    splits[name].positiveRate.flatMap((rate, i) => (rate === undefined ? [] : [{ position: i + 1, rate }])),
  );
  const length = Math.max(...SPLITS.map((name) => splits[name].positiveRate.length), 1);
  return figure({
    title: "Share of positives at each position of a list",
    description: `Share of positives by position: ${SPLITS.map((name, i) => `${name} ${points[i].map(({ rate }) => `${percent(rate)}%`).join(" ")}`).join("; ")}`,
    legend: lineLegend(SPLITS),
    x: {
      domain: [0.75, length + 0.25],
      ticks: Array.from({ length }, (_, i) => i + 1),
      tickFormat: "d",
      label: "position →",
    },
    y: { nice: true, zero: true, grid: true, ticks: 4, label: null, tickFormat: wholePercent },
    marks: points.flatMap((own, i) => {
      const style = lineStyle(i);
      return [
        Plot.line(own, { x: "position", y: "rate", strokeWidth: 1.75, ...style }),
        Plot.dot(own, { x: "position", y: "rate", fill: style.stroke, r: 2.5 }),
      ];
    }),
  });
}

/** When the lists of each split took place. */
function spanFigure({ splits }: DataReport): Html | false {
  const spans = SPLITS.flatMap((name) => {
    const { span } = splits[name];
    if (span === undefined) return [];
    const { first, last, firstDate, lastDate } = span;
    const isDated = firstDate !== undefined && lastDate !== undefined;
    const [from, to] = isDated ? [new Date(firstDate), new Date(lastDate)] : [first, last];
    const words = isDated ? `${firstDate.slice(0, 10)} to ${lastDate.slice(0, 10)}` : `${first} to ${last}`;
    return [{ name, from, to, words }];
  });
  if (spans.length === 0) return false;
  const hasDates = spans.every(({ from }) => from instanceof Date);
  const label = { y: "name", dy: -5 };
  return figure({
    title: "When the lists of each split took place",
    description: spans.map(({ name, words }) => `${name} ${words}`).join("; "),
    height: 60 + 36 * spans.length,
    marginLeft: 12,
    x: { ...(hasDates ? { type: "utc" } : { type: "linear", tickFormat: compact }), ticks: 4, label: null },
    y: { type: "band", axis: null, domain: spans.map(({ name }) => name) },
    marks: [
      Plot.ruleY(spans, { x1: "from", x2: "to", y: "name", dy: 8, stroke: "var(--accent)", strokeWidth: 6 }),
      Plot.text(spans, { ...label, text: "name", frameAnchor: "left", textAnchor: "start" }),
      Plot.text(spans, { ...label, text: "words", frameAnchor: "right", textAnchor: "end", fill: "var(--muted)" }),
    ],
  });
}

/** The one row of a box plot. */
const LISTS = [{ name: "lists" }];

function listsPerUserFigure({ listsPerUser }: DataReport): Html | false {
  const { minimum, lowerQuartile, median, upperQuartile, maximum } = listsPerUser;
  if (minimum === undefined || lowerQuartile === undefined || median === undefined) return false;
  if (upperQuartile === undefined || maximum === undefined) return false;
  const words = `minimum ${minimum}, quartiles ${lowerQuartile}, ${median}, ${upperQuartile}, maximum ${maximum}`;
  const box = { x1: lowerQuartile, x2: upperQuartile, strokeWidth: 16, strokeOpacity: 0.5 };
  return figure({
    title: "Lists per user",
    description: `Lists per user: ${words}`,
    note: words,
    height: 110,
    marginLeft: 12,
    x: { label: "lists →", nice: true, zero: true, ticks: 5 },
    y: { type: "band", axis: null, domain: ["lists"] },
    marks: [
      Plot.ruleY(LISTS, { y: "name", x1: minimum, x2: maximum, stroke: "var(--muted)" }),
      Plot.ruleY(LISTS, { y: "name", ...box, stroke: "var(--accent)" }),
      Plot.tickX(LISTS, { y: "name", x: median, stroke: "var(--text)", strokeWidth: 2, insetTop: 12, insetBottom: 12 }),
    ],
  });
}

function properties(report: DataReport): Html {
  const { recallAt50, unknownTestUsers, lists, repeatedShare, excludedByFuture, passedOver, splits } = report;
  const { candidates, scoreToExposure } = splits.test;
  return html`<h3>What to know of it</h3>
${candidates === "injected" && html`<p class="warning">Exposed items were injected among retrieved candidates: the ranking metrics mostly tell how well a method separates the two.</p>`}
${pairs([
  ["Positives of test lists in the retriever's top 50", `${percent(recallAt50)}%`],
  ["Test users of whom the retriever learned nothing", `${count(unknownTestUsers)} of ${count(lists.test)}`],
  ["Interactions with an item met before", `${percent(repeatedShare)}%`],
  [
    "Test candidates that counted 0 in training",
    `${percent(passedOver.liked)}% of the liked, ${percent(passedOver.others)}% of the others`,
  ],
  scoreToExposure !== undefined && [
    "How well the retriever's score alone tells shown from other test candidates (AUC; 0.5 is chance)",
    decimal(scoreToExposure),
  ],
  excludedByFuture !== undefined && [
    "Items that a training list's candidates leave out because the user meets them later",
    `${decimal(excludedByFuture, 1)} on average, a property of injection`,
  ],
])}`;
}
