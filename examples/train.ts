/**
 * Trains a list-wise ranker and shows what it learned: reward model, DNN and GoalRank on the embedded world, or with
 * `--data` on your own log.
 *
 *   npx tsx examples/train.ts
 *   npx tsx examples/train.ts --data ratings.dat --format movielens --max-lists 20000
 *   npx tsx examples/train.ts --out runs/first; npx tsx examples/train.ts --resume runs/first
 *   npx tsx examples/train.ts --help
 */
import { CommanderError } from "commander";
import {
  CheckpointError,
  checkExperiment,
  chooseDevice,
  combineListeners,
  DataError,
  type ExperimentOptions,
  modelWeights,
  NonFiniteError,
  runExperiment,
  type StageOptions,
  setDefaultDevice,
  TrainingInterrupted,
} from "../src/index.ts";
import { type Arguments, parseArguments } from "./arguments.ts";
import { loadData } from "./load-data.ts";
import { RunDirectory, RunDirectoryError } from "./run-directory.ts";
import { type DataSettings, readSettings } from "./settings.ts";
import { formatSummary, formatTable, ProgressDisplay } from "./terminal.ts";

/** What the settings file and the command line say together. */
function experimentOptions(options: Arguments, settings: ExperimentOptions): ExperimentOptions {
  const { seed, methods, lists, epochs } = options;
  const stage = (training: StageOptions): StageOptions =>
    epochs === undefined ? training : { ...training, epochs };
  const allRequests = options.data !== undefined && options.config === undefined;
  return {
    ...settings,
    seed,
    ...(methods && { methods }),
    ...(lists && { generatorEvaluatorLists: lists }),
    policyRequests: options.requests ?? (allRequests ? Number.MAX_SAFE_INTEGER : settings.policyRequests),
    feedbackTraining: stage(settings.feedbackTraining),
    rewardTraining: stage(settings.rewardTraining),
    imitationTraining: stage(settings.imitationTraining),
    policyTraining: stage(settings.policyTraining),
  };
}

/** What a run does: what `config.json` holds. */
interface RunConfiguration {
  readonly arguments: Arguments;
  readonly data: DataSettings;
  readonly experiment: ExperimentOptions;
}

/** A run as this process's arguments say, or as it was started. */
function openRun(given: Arguments): {
  readonly configuration: RunConfiguration;
  readonly run: RunDirectory | undefined;
} {
  if (given.resume !== undefined) {
    const run = RunDirectory.open(given.resume);
    const configuration = run.configuration as unknown as RunConfiguration;
    return {
      configuration: { ...configuration, arguments: { ...configuration.arguments, out: given.resume } },
      run,
    };
  }
  const { data, experiment } = readSettings(given.config, given.data);
  const configuration = { arguments: given, data, experiment: experimentOptions(given, experiment) };
  checkExperiment(configuration.experiment);
  const run = given.out === undefined ? undefined : RunDirectory.create(given.out, configuration);
  return { configuration, run };
}

/** Aborted by the first Ctrl-C; a second one ends the process at once. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  process.once("SIGINT", () => {
    console.error("stopping after this step; Ctrl-C again to stop at once");
    controller.abort();
  });
  return controller.signal;
}

async function main(): Promise<void> {
  const started = performance.now();
  const { configuration, run } = openRun(parseArguments());
  const { arguments: options, data: settings, experiment } = configuration;
  using _ = run;
  const display = new ProgressDisplay();
  const listener = run === undefined ? display : combineListeners([display, run.listener]);
  const signal = interruption();
  const { device, description } = await chooseDevice(options.device);
  setDefaultDevice(device);
  console.error(`device: ${description}`);
  try {
    const { data, fingerprint } = await loadData(options, settings, { listener: display, signal });
    const checkpoints = run?.checkpoints(fingerprint, (message) => console.error(`warning: ${message}`));
    const result = await runExperiment(data, experiment, { listener, checkpoints, signal });
    display.close();
    const { models, ...kept } = result;
    run?.finish({ ...kept, weights: await modelWeights(models) });
    const seconds = (performance.now() - started) / 1000;
    console.log(formatTable(result.rows, data.test.listLength));
    console.log(formatSummary(result));
    console.log(
      `${seconds.toFixed(1)} s${options.out === undefined ? "" : `; everything is in ${options.out}`}`,
    );
    if (options.json) {
      const { rows, judge, advantages } = result;
      console.log(JSON.stringify({ rows, judge, advantages, seconds }));
    }
  } catch (error) {
    display.close();
    if (!(error instanceof TrainingInterrupted)) throw error;
    console.error(error.message);
    if (options.out !== undefined)
      console.error(`go on with: npx tsx examples/train.ts --resume ${options.out}`);
    process.exitCode = 130;
  }
}

const CALLER_MISTAKES = [CheckpointError, DataError, NonFiniteError, RangeError, RunDirectoryError];

/** Mistakes of the caller end with one line and exit code 2; anything else is a defect and shows its stack. */
try {
  await main();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else if (CALLER_MISTAKES.some((kind) => error instanceof kind)) {
    console.error(`error: ${(error as Error).message}`);
    process.exitCode = 2;
  } else {
    console.error(error);
    process.exitCode = 1;
  }
}
