/** `goalrank experiment`: the experiments of the paper by name, on every dataset, with several seeds. */
import { mkdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import {
  CANDIDATE_PROTOCOLS,
  type CandidateProtocol,
  SPLIT_PROTOCOLS,
  type SplitProtocol,
} from "../../data/protocols.ts";
import { chooseDataset, describeDatasets } from "../../experiments/datasets.ts";
import { writeDocument } from "../../experiments/document.ts";
import { type Experiment, runsOn } from "../../experiments/experiment.ts";
import { GridDisplay } from "../../experiments/grid-display.ts";
import { NotRunError } from "../../experiments/job-grid.ts";
import { EXPERIMENTS, findExperiment } from "../../experiments/named/index.ts";
import { type ExperimentRun, runExperiment } from "../../experiments/run-experiment.ts";
import { DEFAULT_SEARCH } from "../../experiments/search.ts";
import { splitLines } from "../../experiments/split-lines.ts";
import { toMarkdown } from "../../experiments/tables.ts";
import { METHODS } from "../../methods/index.ts";
import { RunLock } from "../../run/folder/run-lock.ts";
import { nearestName } from "../../text/nearest-name.ts";
import { EXIT } from "../exit-codes.ts";
import { InterruptedError, Interruption } from "../interruption.ts";
import { quoteCommand } from "../quote-command.ts";
import { UsageError } from "../usage-error.ts";

interface ExperimentOptions {
  readonly dataset: string;
  readonly data?: string;
  readonly maxLists?: number;
  readonly split?: SplitProtocol;
  readonly protocol?: CandidateProtocol;
  readonly preset?: "paper";
  readonly seeds: number;
  readonly methods?: string;
  readonly search: number;
  readonly json?: true;
  readonly jobs: number;
  readonly out: string;
  readonly again: readonly string[];
  readonly documents: string;
}

const EXAMPLES = `
Examples:
  $ goalrank experiment                                       # lists the experiments and datasets
  $ goalrank experiment theorem1
  $ goalrank experiment table1 --dataset embedded --seeds 3
  $ goalrank experiment table1 --dataset ml-1m --data DATA --max-lists 20000
  $ goalrank experiment table1 --dataset tiny --methods goalrank,prm,mir --json
  $ goalrank experiment all --dataset tiny --seeds 1           # everything, very small
  $ goalrank experiment report                                # docs/results.md, from all results there are

Results are kept trial by trial: the same command goes on after an interruption, and runs nothing twice. A trial that
fails does not stop the others; the exit code is then 1.`;

export function experimentCommand(): Command {
  return new Command("experiment")
    .argument("[names...]", "experiments, or all, or report; without a name they are listed")
    .option("--dataset <name>", "embedded, tiny, ml-1m, kuairand-pure or kuairand-world", "embedded")
    .option("--data <folder>", "the folder that logs lie in, as ml-1m/ratings.dat (default: GOALRANK_DATA)")
    .option("--max-lists <count>", "train on at most this many lists", parseCount)
    .addOption(new Option("--split <name>", "the test of a log (default: last-list)").choices(SPLIT_PROTOCOLS))
    .addOption(
      new Option("--protocol <name>", "candidates of a log's lists (default: injected)").choices(CANDIDATE_PROTOCOLS),
    )
    .addOption(
      new Option("--preset <name>", "models as the paper prints them (default: the dataset's own)").choices(["paper"]),
    )
    .option("--seeds <count>", "seeds 1 to this many", parseCount, 3)
    .option("--methods <names>", "only these, by their names or titles, with commas between them")
    .option(
      "--search <count>",
      "settings that are tried of each method on validation requests, where an experiment tunes them; 0 for none",
      parseCountOrNone,
      DEFAULT_SEARCH,
    )
    .option("--json", "print a line of JSON for each trial and split, and no tables")
    .option("--jobs <count>", "trials that run at once", parseCount, availableParallelism())
    .option("--out <folder>", "where results are kept", join("runs", "experiments"))
    .option(
      "--again <method>",
      "discard this method's results first, named as in the tables; for several, again and again",
      (name: string, others: readonly string[]) => [...others, name],
      [],
    )
    .option("--documents <folder>", "where report writes results.md", "docs")
    .addHelpText("after", EXAMPLES)
    .action(run);
}

async function run(names: readonly string[], options: ExperimentOptions): Promise<void> {
  if (names.length === 0) {
    const lines = EXPERIMENTS.map(({ name, summary }) => `  ${name.padEnd(14)} ${summary}`);
    console.log(`Experiments:\n${lines.join("\n")}\n\nDatasets:\n${describeDatasets()}`);
  } else if (names.includes("report")) {
    if (names.length > 1) throw new UsageError("experiment: report stands alone; run the experiments first");
    for (const file of writeDocument(options.out, options.documents)) console.log(file);
  } else {
    await runChosen(names.includes("all") ? EXPERIMENTS : names.map(findExperiment), options);
  }
}

async function runChosen(chosen: readonly Experiment[], options: ExperimentOptions): Promise<void> {
  checkRuntime();
  const { out: root, jobs, again } = options;
  const dataFolder = options.data ?? process.env.GOALRANK_DATA;
  const { dataset: name, maxLists, split, protocol, preset } = options;
  const dataset = await chooseDataset({ name, maxLists, split, protocol, preset, folder: dataFolder });
  const seeds = Array.from({ length: options.seeds }, (_, i) => i + 1);
  const fitting = chosen.filter((experiment) => runsOn(experiment, dataset));
  const trials = fitting.flatMap((experiment) => experiment.trials({ seeds, dataset }));
  const titles = [...new Set(trials.map(({ method }) => method))];
  for (const name of again) findTitle("--again", name, titles);
  const methods = options.methods === undefined ? undefined : titlesIn(options.methods, titles);
  const say = options.json === true ? console.error : console.log;
  for (const { title, data } of chosen.filter((experiment) => !fitting.includes(experiment))) {
    say(`\n${title}\n\nnot run: it needs a ${data}, and ${dataset.label} is none`);
  }
  mkdirSync(root, { recursive: true });
  const lock = RunLock.take(join(root, "lock"));
  using interruption = new Interruption();
  using _ = interruption.onExit(() => lock.release());
  const { signal } = interruption;
  try {
    for (const experiment of fitting) {
      const listener = new GridDisplay(experiment.name);
      const command = commandOf(experiment, options);
      const { search } = options;
      const own = { root, dataFolder, jobs, again, methods, search, listener, signal, command };
      const done = await interruption.complete(() => runExperiment(experiment, { seeds, dataset }, own));
      listener.close();
      if (options.json === true) printLines(done);
      else show(experiment.title, done);
      for (const { error } of done.failed) {
        if (!(error instanceof NotRunError)) process.stderr.write(`${error.stack ?? error.message}\n`);
      }
      if (done.failed.length > 0) process.exitCode = EXIT.defect;
    }
  } catch (error) {
    if (!(error instanceof InterruptedError)) throw error;
    process.stderr.write("interrupted; the same command goes on\n");
    process.exitCode = interruption.code;
  } finally {
    lock.release();
  }
}

/** A trial is told to stop by execa, whose channels Bun does not have. */
function checkRuntime(): void {
  if (process.versions.bun === undefined) return;
  throw new UsageError("experiment: Bun cannot stop the processes of trials; run it with Node.js or Deno");
}

/** The title of the tables that is meant. @throws UsageError that names the nearest and all */
function findTitle(flag: string, wanted: string, titles: readonly string[]): string {
  const byName = METHODS.find(({ name }) => name === wanted)?.title ?? wanted;
  const found = titles.find((title) => title === byName);
  if (found !== undefined) return found;
  const named = METHODS.filter(({ title }) => titles.includes(title)).map(({ name }) => name);
  const nearest = nearestName(wanted, [...titles, ...named]);
  throw new UsageError(
    `experiment: ${flag} names no method of these experiments: "${wanted}"; did you mean "${nearest}"? ` +
      `The methods are ${titles.map((title) => `"${title}"`).join(", ")}`,
  );
}

/** Titles may have commas in them, names have none. */
function titlesIn(list: string, titles: readonly string[]): string[] {
  if (titles.includes(list)) return [list];
  return list.split(",").map((name) => findTitle("--methods", name.trim(), titles));
}

function show(title: string, { presentation, files }: ExperimentRun): void {
  console.log(`\n${title}\n`);
  for (const table of presentation.tables) console.log(`${table.caption}\n\n${toMarkdown(table)}`);
  for (const file of files) console.log(file);
}

/** The results of what was asked for, and of nothing else that is there. */
function printLines({ trials, results }: ExperimentRun): void {
  for (const trial of trials) {
    const found = results.resultOf(trial);
    for (const line of found === undefined ? [] : splitLines(found)) console.log(JSON.stringify(line));
  }
}

/** What gives the same results, wherever they and the data are kept. */
function commandOf(
  { name, data }: Experiment,
  { dataset, maxLists, split, protocol, seeds }: ExperimentOptions,
): string {
  const choices = Object.entries({ dataset, "max-lists": maxLists, split, protocol }).flatMap(([flag, value]) =>
    value === undefined ? [] : [`--${flag}`, String(value)],
  );
  const own = data === "none" ? [] : choices;
  return quoteCommand(["goalrank", "experiment", name, ...own, "--seeds", String(seeds)]);
}

function parseCountOrNone(text: string): number {
  return text === "0" ? 0 : parseCount(text);
}

function parseCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new InvalidArgumentError("expected a positive integer.");
  return count;
}
