/** What the example shows on a terminal: progress on stderr, the table of results on stdout. */
import { MultiBar, type SingleBar } from "cli-progress";
import Table from "cli-table3";
import type { StepMetrics, TrainingListener } from "../src/goalrank/training/index.ts";
import type {
  Advantage,
  ExperimentResult,
  MethodResult,
  OffPolicyEstimate,
  OffPolicyReport,
  OrderAccuracy,
} from "../src/index.ts";

/** A bar for each model on a terminal; lines where there is none: one for each model and for each validation. */
export class ProgressDisplay implements TrainingListener {
  private readonly bars: MultiBar | undefined;
  private bar: SingleBar | undefined;
  private started = 0;
  private totalSteps = 0;
  private firstStep = 0;
  /** Steps of the stage made so far, those of earlier processes included. */
  private steps = 0;
  private loss = Number.NaN;
  /** Positions that a step learns from, where that is told. */
  private tokens: number | undefined;
  private judged: StepMetrics | undefined;

  constructor(private readonly stream: NodeJS.WriteStream = process.stderr) {
    const format =
      "{stage} {bar} {percentage}% | step {value}/{total} | {rate} | {eta_formatted} left | loss {loss}{judged}";
    if (stream.isTTY) {
      this.bars = new MultiBar({ format, stream, hideCursor: false, barsize: 24, etaBuffer: 50 });
    }
  }

  begin(stage: string, totalSteps: number, firstStep: number): void {
    this.started = performance.now();
    this.totalSteps = totalSteps;
    this.firstStep = firstStep;
    this.steps = firstStep;
    this.loss = Number.NaN;
    this.judged = undefined;
    this.bar = this.bars?.create(totalSteps, firstStep, { stage: stage.padEnd(12), ...this.state() });
  }

  step(stage: string, step: number, metrics: StepMetrics): void {
    if (this.bars === undefined && step > 0 && step === this.firstStep) {
      this.writeLine(`${stage}: goes on after step ${step} of ${this.totalSteps}`);
    }
    this.loss = metrics.loss;
    this.tokens = metrics.tokens;
    this.steps = step + 1;
    this.bar?.update(this.steps, this.state());
  }

  validation(stage: string, step: number, metrics: StepMetrics): void {
    this.judged = metrics;
    this.bar?.update(this.steps, this.state());
    if (this.bars === undefined) {
      this.writeLine(`${stage}: validation after step ${step + 1} of ${this.totalSteps}: ${list(metrics)}`);
    }
  }

  end(stage: string): void {
    if (this.bars !== undefined) return;
    const made = this.steps - this.firstStep;
    const seconds = (performance.now() - this.started) / 1000;
    this.writeLine(
      made === 0
        ? `${stage}: was trained before`
        : `${stage}: ${made} steps, ${seconds.toFixed(1)} s, last loss ${this.loss.toFixed(4)}`,
    );
  }

  /** Leaves the finished bars on the screen. */
  close(): void {
    this.bars?.stop();
  }

  private writeLine(line: string): void {
    this.stream.write(`${line}\n`);
  }

  private rate(stepsPerSecond: number): string {
    const steps = `${stepsPerSecond.toFixed(1)} steps/s`;
    return this.tokens === undefined
      ? steps
      : `${steps}, ${Math.round(stepsPerSecond * this.tokens)} tokens/s`;
  }

  /** What the bar shows besides how far the stage is. */
  private state(): { rate: string; loss: string; judged: string } {
    const made = this.steps - this.firstStep;
    const seconds = (performance.now() - this.started) / 1000;
    return {
      rate: made === 0 ? "-" : this.rate(made / seconds),
      loss: Number.isNaN(this.loss) ? "-" : this.loss.toFixed(4),
      judged: this.judged === undefined ? "" : ` | validation ${list(this.judged)}`,
    };
  }
}

/** The first metrics of a validation, as many as fit into a line. */
function list(metrics: StepMetrics): string {
  const shown = Object.entries(metrics).slice(0, 3);
  return shown.map(([name, value]) => `${name} ${value.toFixed(4)}`).join(", ");
}

const decimals = (value: number | undefined) => (value === undefined ? "" : value.toFixed(3));
const percent = (value: number | undefined) => (value === undefined ? "" : (100 * value).toFixed(1));

interface Column {
  readonly title: string;
  readonly cell: (row: MethodResult) => string;
}

/** The results side by side; columns of the truth only where it is known. */
export function formatTable(rows: readonly MethodResult[], depth: number): string {
  const truth: Column[] = [
    { title: "true reward", cell: (row) => decimals(row.trueReward) },
    { title: "regret", cell: (row) => decimals(row.regret) },
  ];
  const columns: Column[] = [
    { title: "method", cell: (row) => row.method },
    ...(rows.some((row) => row.trueReward !== undefined) ? truth : []),
    { title: "predicted", cell: (row) => decimals(row.predictedReward) },
    { title: `H@${depth} %`, cell: (row) => percent(row.hit) },
    { title: `NDCG@${depth} %`, cell: (row) => percent(row.ndcg) },
    { title: `MAP@${depth} %`, cell: (row) => percent(row.map) },
    { title: `F1@${depth} %`, cell: (row) => percent(row.f1) },
    { title: "AUC %", cell: (row) => percent(row.auc) },
  ];
  const table = new Table({
    head: columns.map((column) => column.title),
    colAligns: columns.map((_, index) => (index === 0 ? "left" : "right")),
    style: { head: [], border: [] },
    chars: { mid: "", "left-mid": "", "mid-mid": "", "right-mid": "" },
  });
  for (const row of rows) table.push(columns.map((column) => column.cell(row)));
  return table.toString();
}

/** What to read from the table, in a few lines. */
export function formatSummary({ judge, trueCorrelation, advantages, offPolicy }: ExperimentResult): string {
  const against = [
    ...(trueCorrelation === undefined ? [] : [`${trueCorrelation.toFixed(3)} with the truth`]),
    ...(judge.pearson === undefined ? [] : [`${judge.pearson.toFixed(3)} with the feedback`]),
  ];
  return [
    `rewards predicted for held-out lists: correlation ${against.join(", ")}`,
    `pairs of lists in the right order, by how far their rewards differ: ${judge.orderAccuracy.map(formatOrder).join(", ")}`,
    ...advantages.map(formatAdvantage),
    ...(offPolicy === undefined ? [] : [formatOffPolicy(offPolicy)]),
  ].join("\n");
}

function formatOffPolicy({ predicted, trueReward, sequential, doublyRobust }: OffPolicyReport): string {
  const estimate = ({ value, standardError, effectiveSize }: OffPolicyEstimate) =>
    `${value.toFixed(3)} +- ${(1.96 * standardError).toFixed(3)} (worth ${effectiveSize.toFixed(1)} lists)`;
  const truth = trueReward === undefined ? "" : `, truly ${trueReward.toFixed(3)}`;
  return (
    `GoalRank's sampled lists: predicted ${predicted.toFixed(3)}${truth}; off-policy from the log: sequential inverse ` +
    `propensity ${estimate(sequential)}, doubly robust ${estimate(doublyRobust)}`
  );
}

function formatOrder({ gap, pairs, accuracy }: OrderAccuracy): string {
  return `${gap}+: ${(100 * accuracy).toFixed(1)}% of ${pairs}`;
}

function formatAdvantage({ over, measure, mean, halfWidth, pValue }: Advantage): string {
  const sign = mean < 0 ? "-" : "+";
  return (
    `GoalRank over ${over}: ${sign}${Math.abs(mean).toFixed(3)} ${measure} per list, ` +
    `95% interval +-${halfWidth.toFixed(3)}, p ${pValue < 0.001 ? "< 0.001" : `= ${pValue.toFixed(3)}`}`
  );
}
