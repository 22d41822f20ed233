/** How every model trained: its loss, what validation said of it, and what else was logged. */
import * as Plot from "@observablehq/plot";
import { axisOf, type Series, smooth, thin } from "../curves.ts";
import { figure, lineLegend, lineStyle } from "../figure.ts";
import { type Html, html } from "../html.ts";
import { compact, count } from "../numbers.ts";
import { absent, folded, type Section } from "../parts.ts";
import type { StageCurves } from "../run-input.ts";

export const learning: Section = {
  id: "learning",
  name: "Learning",
  title: "How the models learned",
  hint: "losses and validations, step by step",
  content({ stages }) {
    const logged = stages.filter(({ training, validation }) => training.length + validation.length > 0);
    if (logged.length === 0) return absent("Nothing was logged yet: the run has no lines in metrics.jsonl.");
    return html`
<p>Each model's training, step by step. Faint lines are what was logged, strong ones its moving mean. Validations are on held-out requests.</p>
${logged.map(stageFigures)}`;
  },
};

/** Series that are drawn together. */
interface Panel {
  readonly title: string;
  /** A series takes part under this name; undefined: it does not. */
  readonly label: (name: string) => string | undefined;
  /** What follows a plan needs no smoothing, and its fall to 0 no logarithm. */
  readonly isPlanned?: boolean;
}

const only = (title: string, names: Readonly<Record<string, string>>): Panel => ({
  title,
  label: (name) => (Object.hasOwn(names, name) ? names[name] : undefined),
});

const SOURCE = "reward ";

/** What says how well training goes. */
const TRAINING: readonly Panel[] = [
  only("Loss", { loss: "loss" }),
  {
    title: "Mean reward by source of lists",
    label: (name) => (name.startsWith(SOURCE) ? name.slice(SOURCE.length) : undefined),
  },
  only("Entropy of both policies, in nats", {
    policyEntropy: "generator, over all lists",
    referenceEntropy: "reference policy, over the group",
  }),
  only("Divergence of the generator from the reference policy", { divergence: "KL(π_ref ‖ π_θ)" }),
];

const VALIDATION: readonly Panel[] = [
  only("Validation: ranking metrics", { hit: "H", ndcg: "NDCG", map: "MAP" }),
  only("Validation: predicted reward of its lists", { predicted: "predicted reward" }),
  only("Validation: squared error of rewards", { meanSquaredError: "mean squared error" }),
  only("Validation: correlation with the feedback", { pearson: "Pearson's correlation" }),
];

/** What says how training was done, in a fold. */
const DETAILS: readonly Panel[] = [
  only("Norm of the gradient", { gradientNorm: "norm" }),
  { ...only("Learning rate", { learningRate: "learning rate" }), isPlanned: true },
  only("Loss on the groups alone", { groupLoss: "group loss" }),
  only("Standard deviation of a group's rewards", { spread: "standard deviation" }),
  only("Lists and groups that do not count", { duplicates: "repeated lists", zeroSpread: "groups of equal rewards" }),
  only("Positions learned from", { tokens: "positions" }),
];

/** Figures side by side on a wide screen. */
const ROW = 3;

function stageFigures({ stage, training, validation }: StageCurves): Html {
  const all = [...training, ...validation];
  const steps = all.reduce((most, series) => Math.max(most, series.steps.at(-1) ?? 0), 0) + 1;
  const draw = (known: readonly Panel[], series: readonly Series[], isJudged: boolean) =>
    known.flatMap((panel) => panelFigure(panel, series, { stage, steps, isJudged }) ?? []);
  const details = [...DETAILS, ...others(training, [...TRAINING, ...DETAILS])];
  const validated = [...VALIDATION, ...others(validation, VALIDATION)];
  const figures = [...draw(TRAINING, training, false), ...draw(validated, validation, true)];
  const folds = draw(details, training, false);
  // What would be folded fills the row of a training that logged little else.
  const promoted = Math.max(0, ROW - figures.length);
  const rest = folds.slice(promoted);
  return html`<h3>${capitalised(stage)} <span class="muted">· ${count(steps)} steps</span></h3>
<div class="figures">${figures}${folds.slice(0, promoted)}</div>
${rest.length > 0 && folded("More of this training", html`<div class="figures">${rest}</div>`)}`;
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** A panel each for series that no panel knows. */
function others(series: readonly Series[], panels: readonly Panel[]): Panel[] {
  return series
    .filter(({ name }) => panels.every(({ label }) => label(name) === undefined))
    .map(({ name }) => only(name, { [name]: name }));
}

/** What the figures of a stage share. */
interface StageFacts {
  readonly stage: string;
  readonly steps: number;
  /** Whether they are of validations. */
  readonly isJudged: boolean;
}

/** Undefined where the stage has nothing to draw in it. */
function panelFigure(
  { title, label, isPlanned = false }: Panel,
  all: readonly Series[],
  { stage, steps, isJudged }: StageFacts,
): Html | undefined {
  const lines = all.flatMap((series): Series[] => {
    const name = label(series.name);
    return name === undefined || series.values.length === 0 ? [] : [{ ...series, name }];
  });
  if (lines.length === 0) return undefined;
  const drawn = lines.flatMap(({ values }) => values);
  const { type, domain, ticks, tickFormat } = axisOf(drawn, !isPlanned);
  const described = lines.map(
    ({ name, values }) => `${name} from ${compact(values[0])} to ${compact(values[values.length - 1])}`,
  );
  return figure({
    title: type === "log" ? `${title}, logarithmic` : title,
    description: `${stage}, ${title}: ${described.join("; ")}`,
    legend: lines.length > 1 && lineLegend(lines.map(({ name }) => name)),
    marginLeft: 54,
    x: { domain: [0, steps - 1], label: "step →", ticks: 4, tickFormat: count },
    y: { type, domain, nice: true, grid: true, ticks, label: null, ...(tickFormat && { tickFormat }) },
    marks: lines.flatMap((series, i) => lineMarks(series, i, isJudged, isJudged || isPlanned)),
  });
}

/** Validations up to which each has a dot. */
const FEW = 30;

function lineMarks(series: Series, index: number, isJudged: boolean, isSmooth: boolean): Plot.Markish[] {
  const place = { x: "step", y: "value" };
  const style = lineStyle(index);
  const { stroke } = style;
  const smoothed = isSmooth ? undefined : smooth(series);
  const isDotted = isJudged && series.values.length <= FEW;
  return [
    smoothed && Plot.line(thin(series), { ...place, stroke, strokeWidth: 0.75, strokeOpacity: 0.35 }),
    Plot.line(thin(smoothed ?? series), { ...place, ...style, strokeWidth: 1.75 }),
    isDotted ? Plot.dot(thin(series), { ...place, r: 2.5, fill: stroke }) : undefined,
  ];
}
