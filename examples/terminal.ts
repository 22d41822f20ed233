/** What the example shows on a terminal: progress on stderr, the table of results on stdout. */
import { MultiBar, type SingleBar } from "cli-progress";
import Table from "cli-table3";
import type { ExperimentResult, MethodResult, StepMetrics, TrainingListener } from "../src/index.ts";

/** A bar for each model on a terminal; one line for each model where there is none. */
export class ProgressDisplay implements TrainingListener {
  private readonly bars: MultiBar | undefined;
  private bar: SingleBar | undefined;
  private started = 0;
  private steps = 0;
  private loss = Number.NaN;

  constructor() {
    const format = "{stage} {bar} {percentage}% | step {value}/{total} | loss {loss} | {eta_formatted} left";
    if (process.stderr.isTTY) {
      this.bars = new MultiBar({
        format,
        stream: process.stderr,
        hideCursor: false,
        barsize: 24,
        etaBuffer: 50,
      });
    }
  }

  begin(stage: string, totalSteps: number): void {
    this.started = performance.now();
    this.steps = totalSteps;
    this.bar = this.bars?.create(totalSteps, 0, { stage: stage.padEnd(12), loss: "-" });
  }

  step(_stage: string, step: number, metrics: StepMetrics): void {
    this.loss = metrics.loss;
    this.bar?.update(step + 1, { loss: metrics.loss.toFixed(4) });
  }

  end(stage: string): void {
    if (this.bars !== undefined) return;
    const seconds = (performance.now() - this.started) / 1000;
    console.error(
      `${stage}: ${this.steps} steps, ${seconds.toFixed(1)} s, last loss ${this.loss.toFixed(4)}`,
    );
  }

  /** Leaves the finished bars on the screen. */
  close(): void {
    this.bars?.stop();
  }
}

/** Passes everything on to several listeners. */
export function combineListeners(listeners: readonly TrainingListener[]): TrainingListener {
  return {
    begin: (stage, totalSteps) => {
      for (const listener of listeners) listener.begin(stage, totalSteps);
    },
    step: (stage, step, metrics) => {
      for (const listener of listeners) listener.step(stage, step, metrics);
    },
    end: (stage) => {
      for (const listener of listeners) listener.end(stage);
    },
  };
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
export function formatSummary({ rewardModel, advantage }: ExperimentResult): string {
  const { feedbackCorrelation, trueCorrelation } = rewardModel;
  const against = [
    ...(trueCorrelation === undefined ? [] : [`${trueCorrelation.toFixed(3)} with the truth`]),
    ...(feedbackCorrelation === undefined ? [] : [`${feedbackCorrelation.toFixed(3)} with the feedback`]),
  ];
  const lines = [`reward model on held-out lists: correlation ${against.join(", ")}`];
  if (advantage !== undefined) {
    const sign = advantage.mean < 0 ? "-" : "+";
    lines.push(
      `GoalRank against the generator-evaluator: ${sign}${Math.abs(advantage.mean).toFixed(3)} true reward per list, ` +
        `95% interval +-${advantage.halfWidth.toFixed(3)}`,
    );
  }
  return lines.join("\n");
}
