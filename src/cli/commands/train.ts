/** `goalrank train`: trains the models, and compares all methods. */
import { rmSync } from "node:fs";
import { Argument, Command } from "commander";
import { formatJudge } from "../../run/comparison-text.ts";
import { nextOf } from "../../run/verdict/verdict.ts";
import { noSuchName } from "../../text/nearest-name.ts";
import { CommandSettings } from "../configuration/command-settings.ts";
import { DATA_FLAGS, DEVICE_FLAGS, OUTPUT_FLAGS, RUN_FLAGS } from "../configuration/short-flags.ts";
import { type Work, workInterruptibly } from "../interruptible-work.ts";
import { resumeRun, startRun } from "../open-run.ts";
import { quoteCommand } from "../quote-command.ts";
import { printResult } from "../terminal/print-result.ts";
import { say } from "../terminal/say.ts";
import { createFinalFolder, formatFinal, planFinal, trainFinal } from "../train-final.ts";
import { TRAIN_STAGES, type TrainedRun, type TrainStage, trainRun } from "../train-run.ts";
import { UsageError } from "../usage-error.ts";

interface TrainOptions {
  readonly resume?: string;
  readonly final?: string;
  readonly json?: boolean;
}

const EXAMPLES = `
Stages, each with those before it:
  retriever   what chooses candidates, and a report on the data
  reward      the models that all methods share: the DNN and the reward model
  generator   GoalRank's generator, or what --deploy names; without --deploy nothing is deployed, for want of a comparison
  all         the other methods, the comparison of all, and the verdict: what to serve, if anything

Examples:
  $ goalrank train all --scenario default
  $ goalrank train all --data ratings.dat --max-lists 20000 --out runs/first
  $ goalrank train all --methods mir,pier,goalrank --deploy mir --out runs/mir
  $ goalrank train all --config goalrank.yaml --experiment.policyTraining.epochs 3 --out runs/second
  $ goalrank train reward --out runs/third && goalrank train all --resume runs/third
  $ goalrank train --final runs/first --out runs/final     # what it deploys, on all data, the test too
  $ goalrank train all --config runs/first/config.json --out runs/again     # the same numbers

Every setting of docs/configuration.md is a flag, such as --data.candidateCount 100; --help-all lists them.`;

/** @param commandLine for the record of the run */
export function trainCommand(commandLine: string): Command {
  const command = new Command("train").addArgument(
    new Argument("[stage]", "how far to go").default("all").argParser(parseStage),
  );
  const sections = ["seed", "device", "output", "data", "experiment"];
  const shortFlags = [...DATA_FLAGS, ...RUN_FLAGS, ...DEVICE_FLAGS, ...OUTPUT_FLAGS];
  const settings = new CommandSettings(command, sections, shortFlags);
  return command
    .option("--resume <folder>", "go on with an unfinished run, with the settings that it was started with")
    .option(
      "--final <folder>",
      "train what this finished run deploys on all its data, into --out (default: FOLDER-final)",
    )
    .option("--json", "print the results as one line of JSON")
    .addHelpText("after", EXAMPLES)
    .action((stage: TrainStage, options: TrainOptions) => train(stage, options, settings, commandLine));
}

function parseStage(text: string): TrainStage {
  const stage = TRAIN_STAGES.find((known) => known === text);
  if (stage !== undefined) return stage;
  throw new UsageError(`train: ${noSuchName("stage", text, TRAIN_STAGES)}`);
}

async function train(
  stage: TrainStage,
  { resume, final, json }: TrainOptions,
  settings: CommandSettings,
  commandLine: string,
): Promise<void> {
  if (final !== undefined) {
    if (resume !== undefined) throw new UsageError("train: --final starts anew; leave out --resume");
    return finalise(final, settings, commandLine, json === true);
  }
  const started = performance.now();
  const open = resume === undefined ? startRun(settings) : resumeRun(resume, settings);
  const { run } = open;
  const goOn = run && `go on with: goalrank train all --resume ${run.path}`;
  const work = async (own: Work) => {
    try {
      const trained = await trainRun(stage, open, own, commandLine);
      own.display.close();
      print(trained, run?.path, (performance.now() - started) / 1000, json === true);
      if (stage !== "all" && goOn !== undefined) say(goOn);
    } finally {
      run?.close();
    }
  };
  await workInterruptibly(work, (how) => {
    const left = run?.close() === true ? goOn : undefined;
    say(how ?? `interrupted; ${left ?? "nothing was kept"}`);
    if (how !== undefined && left !== undefined) say(left);
  });
}

async function finalise(from: string, settings: CommandSettings, commandLine: string, asJson: boolean): Promise<void> {
  const plan = planFinal(from, settings);
  const run = createFinalFolder(plan);
  let isDone = false;
  try {
    await workInterruptibly(
      async (own) => {
        const trained = await trainFinal(plan, run, own, commandLine);
        own.display.close();
        isDone = true;
        console.log(asJson ? JSON.stringify({ ...trained.record, folder: trained.folder }) : formatFinal(trained));
      },
      (how = "interrupted") => say(`${how}; nothing was kept`),
    );
  } finally {
    run.close();
    // Half a training is no run to go on with.
    if (!isDone) rmSync(plan.output, { recursive: true, force: true });
  }
}

function print(
  { report, judge, result, served }: TrainedRun,
  folder: string | undefined,
  seconds: number,
  asJson: boolean,
): void {
  if (asJson) {
    const verdict = result && { ...result.verdict, next: nextOf(result.verdict, quoteCommand([folder ?? "RUN"])) };
    console.log(JSON.stringify({ report, ...judge, ...result, verdict, folder, seconds }));
    return;
  }
  if (judge !== undefined) console.log(formatJudge(judge));
  if (result !== undefined) printResult(result, folder);
  else if (served === null) {
    console.log("nothing is deployed, since nothing was compared; `goalrank train all` does, and ends with a verdict");
  }
  console.log(`${seconds.toFixed(1)} s${folder === undefined ? "" : `; everything is in ${folder}`}`);
}
