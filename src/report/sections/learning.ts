/** How every model trained: its loss, what validation said of it, and what else was logged. */
import * as Plot from "@observablehq/plot";
import { axisOf, type Series, smooth, thin } from "../curves.ts";
import { figure, lineLegend, lineStyle } from "../figure.ts";
import { type Html, html } from "../html.ts";
import { compact, count } from "../numbers.ts";
import { absent, folded, type Section } from "../parts.ts";
import type { ReportInput, StageCurves } from "../run-input.ts";

export function learning({ stages }: ReportInput): Section {
  const frame = { id: "learning", name: "Learning", title: "How the models learned" };
  const logged = stages.filter(({ training, validation }) => training.length + validation.length > 0);
  if (logged.length === 0) {
    return { ...frame, content: absent("Nothing was logged yet: the run has no lines in metrics.jsonl.") };
  }
  return {
    ...frame,
    content: html`
<p>Each model's training, step by step. Faint lines are what was logged, strong ones its moving mean. Validations are on held-out requests.</p>
${logged.map(stageFigures)}`,
  };
}

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
  only("Lists and groups that do not count", {
    duplicates: "repeated lists",
    zeroSpread: "groups of equal rewards",
  }),
  only("Positions learned from", { tokens: "positions" }),
];

/** Figures side by side on a wide screen. */
const ROW = 3;

function stageFigures({ stage, training, validation }: StageCurves): Html {
  const details = [...DETAILS, ...others(training, [...TRAINING, ...DETAILS])];
  const validated = [...VALIDATION, ...others(validation, VALIDATION)];
  const steps =
    [...training, ...validation].reduce((most, series) => Math.max(most, series.steps.at(-1) ?? 0), 0) + 1;
  const draw = (panels: readonly Panel[], series: readonly Series[], isJudged: boolean) =>
    panels.map((panel) => panelFigure({ stage, steps, panel, series, isJudged }));
  const isDrawn = (drawn: Html | undefined) => drawn !== undefined;
  const figures = [...draw(TRAINING, training, false), ...draw(validated, validation, true)].filter(isDrawn);
  const folds = draw(details, training, false).filter(isDrawn);
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

interface Line {
  readonly label: string;
  readonly series: Series;
}

/** Undefined where the stage has nothing to draw in it. */
function panelFigure({
  stage,
  steps,
  panel: { title, label, isPlanned = false },
  series: all,
  isJudged,
}: {
  readonly stage: string;
  readonly steps: number;
  readonly panel: Panel;
  readonly series: readonly Series[];
  readonly isJudged: boolean;
}): Html | undefined {
  const lines = all.flatMap((series): Line[] => {
    const name = label(series.name);
    return name === undefined || series.values.length === 0 ? [] : [{ label: name, series }];
  });
  if (lines.length === 0) return undefined;
  const axis = axisOf(
    lines.flatMap(({ series }) => series.values),
    !isPlanned,
  );
  const described = lines.map(
    ({ label: name, series }) =>
      `${name} from ${compact(series.values[0])} to ${compact(series.values[series.values.length - 1])}`,
  );
  return figure(
    {
      title: axis.type === "log" ? `${title}, logarithmic` : title,
      description: `${stage}, ${title}: ${described.join("; ")}`,
      legend: lines.length > 1 && lineLegend(lines.map(({ label: name }) => name)),
    },
    {
      height: 190,
      marginLeft: 54,
      x: {
        domain: [0, steps - 1],
        label: "step →",
        labelArrow: "none",
        ticks: 4,
        tickFormat: (step: number) => count(step),
      },
      y: {
        type: axis.type,
        domain: axis.domain,
        nice: true,
        grid: true,
        ticks: axis.ticks,
        label: null,
        ...(axis.tickFormat !== undefined && { tickFormat: axis.tickFormat }),
      },
      marks: lines.flatMap(({ series }, i) =>
        lineMarks(series, i, { isJudged, isSmooth: isJudged || isPlanned }),
      ),
    },
  );
}

/** Validations up to which each has a dot. */
const FEW = 30;

function lineMarks(
  series: Series,
  index: number,
  { isJudged, isSmooth }: { readonly isJudged: boolean; readonly isSmooth: boolean },
): Plot.Markish[] {
  const { colour, dash } = lineStyle(index);
  const at = { x: "step", y: "value", stroke: colour } as const;
  const dashes = dash === undefined ? {} : { strokeDasharray: dash };
  const smoothed = isSmooth ? undefined : smooth(series);
  return [
    Plot.line(thin(series), {
      ...at,
      strokeWidth: smoothed === undefined ? 1.75 : 0.75,
      strokeOpacity: smoothed === undefined ? 1 : 0.35,
      ...(smoothed === undefined && dashes),
    }),
    ...(smoothed === undefined ? [] : [Plot.line(thin(smoothed), { ...at, strokeWidth: 1.75, ...dashes })]),
    ...(isJudged && series.values.length <= FEW
      ? [Plot.dot(thin(series), { x: "step", y: "value", r: 2.5, fill: colour })]
      : []),
  ];
}
