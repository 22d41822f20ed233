/** The process that runs trials, one after another: the entry of `child-process.ts`. */
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { getCancelSignal, getEachMessage, sendMessage } from "execa";
import { CheckpointFolder } from "../training/checkpoint-folder.ts";
import type { TrainingListener } from "../training/listener.ts";
import { TrainingInterrupted } from "../training/trainer.ts";
import type { TrialAnswer, TrialRequest } from "./child-process.ts";
import type { WorkRunner } from "./experiment.ts";
import { findExperiment } from "./named/index.ts";
import { runRankingWork } from "./ranking-work.ts";
import { runSharedWork, sharedFolder } from "./shared-work.ts";
import type { Trial, TrialOutcome } from "./trial.ts";

// The grid's process is gone: there is nobody to work for.
process.on("disconnect", () => process.exit());
// A terminal's Ctrl-C reaches all its processes; the grid's one passes it on.
process.on("SIGINT", () => {});

const signal = await getCancelSignal();

async function runTrial(request: TrialRequest): Promise<TrialAnswer> {
  try {
    return { kind: "finished", outcome: await work(request) };
  } catch (error) {
    return error instanceof TrainingInterrupted ? { kind: "interrupted" } : { kind: "failed", error };
  }
}

async function work({ trial, key, root, dataFolder }: TrialRequest): Promise<TrialOutcome> {
  const folder = join(root, "unfinished", key);
  const isContinued = existsSync(folder) || existsSync(sharedFolder(root, key));
  const run = runnerOf(trial);
  const warn = (message: string) => void process.stderr.write(`warning: ${message}\n`);
  const context = { listener: progressListener(), checkpoints: new CheckpointFolder(folder, key, warn), signal };
  const outcome = await measure(() => run(trial.work as never, { label: trial, root, dataFolder, context }));
  rmSync(folder, { recursive: true, force: true });
  return isContinued ? withoutCost(outcome) : outcome;
}

/** The kinds of work that experiments share. */
const COMMON: Readonly<Record<string, WorkRunner>> = { shared: runSharedWork, ranking: runRankingWork };

/** @throws Error for work that neither all experiments nor the trial's own know */
function runnerOf({ experiment, work: { kind } }: Trial): WorkRunner {
  const found = COMMON[kind] ?? findExperiment(experiment).works?.[kind];
  if (found === undefined) throw new Error(`experiment ${experiment}: nothing does work of the kind "${kind}"`);
  return found;
}

/** What counts or times the whole of a trial; one that went on from a checkpoint does not know the part before. */
const WHOLE = ["cpuSeconds", "totalCpuSeconds", "judgedLearning"];

function withoutCost({ metrics, ...outcome }: TrialOutcome): TrialOutcome {
  const known = Object.entries(metrics).filter(([name]) => !WHOLE.includes(name));
  return { ...outcome, metrics: Object.fromEntries(known) };
}

/** Adds what the work took to its metrics; work that knows better says so itself. */
async function measure(run: () => Promise<TrialOutcome>): Promise<TrialOutcome> {
  const started = performance.now();
  const before = process.cpuUsage();
  const outcome = await run();
  const { user, system } = process.cpuUsage(before);
  const seconds = (performance.now() - started) / 1000;
  return { ...outcome, metrics: { cpuSeconds: (user + system) / 1e6, ...outcome.metrics, seconds } };
}

const MILLISECONDS_BETWEEN_REPORTS = 500;

/** Tells the grid's process how far the training is, a few times per second at most. */
function progressListener(): TrainingListener {
  let totalSteps = 0;
  let told = 0;
  return {
    begin(_stage, total) {
      totalSteps = total;
    },
    step(stage, step) {
      const now = performance.now();
      if (now - told < MILLISECONDS_BETWEEN_REPORTS) return;
      told = now;
      answer({ kind: "progress", stage, step: step + 1, totalSteps });
    },
    end() {},
  };
}

/** Without an answer the grid has gone, and this process goes too. */
function answer(message: TrialAnswer): void {
  sendMessage(message).catch(() => process.exit());
}

for await (const request of getEachMessage()) answer(await runTrial(request as TrialRequest));
