/**
 * GoalRank (arXiv 2509.22046) from its first line to its last, the file to read first: data, a pointwise ranker, a judge of
 * lists, the generator that learns from groups of lists which the judge has scored, and a comparison of methods.
 *
 *   npx tsx examples/train.ts --seed 1
 *   npx tsx examples/train.ts --data ratings.dat --max-lists 20000
 *
 * `npx goalrank train all` comes to the same numbers of an embedded world, and does what is left out here: it keeps
 * checkpoints, resumes, writes a ranker to serve, takes every setting as a flag or from a file, and has other defaults for
 * logs, which came out better there.
 */
import { parseArgs } from "node:util";
import { chooseDevice, DataError, prepare, scope, setDefaultDevice } from "goalrank";
import { feedbackBatch, formatDataReport, type LogFormat, selectRows } from "goalrank/data";
import { findMethod, goalRankInstance, type Lesson, PointwiseRanker, pointwiseTask } from "goalrank/methods";
import { AdamW, clipScale, learningRateAt } from "goalrank/nn";
import { Generator, groupObjective, RewardModel, rewardTask, scoreGroups } from "goalrank/paper";
import { Random } from "goalrank/tensor";
import type { RunData, StageOptions, TrainedMethod, TrainingListener } from "goalrank/train";
import { compareMethods, DEFAULT_RUN, formatComparison, LearningRecords, TrainingBatches, train } from "goalrank/train";
import { createWorld, drawLog, findScenario, loggingLogProbabilities } from "goalrank/world";

const started = performance.now();
process.once("uncaughtException", endWithError);
const { seed, ...flags } = readFlags();
const { device, description } = await chooseDevice(flags.device ?? "auto");
setDefaultDevice(device);
console.error(`device: ${description}`);
const learning = new LearningRecords();
const listener = progressLine();
const { width, heads, layers, dropoutRate, groups, policyRequests } = DEFAULT_RUN;
const { feedbackTraining, rewardTraining, policyTraining } = DEFAULT_RUN;
/** How long a model is trained, in what batches, at what learning rate. */
const budget = (usual: StageOptions) => ({ ...usual, epochs: flags.epochs ?? usual.epochs, seed });

// 1. Data. A request is a user with a history and N candidates; the log holds the list of L of them that was shown, and
//    the feedback on each of its items.
const data = flags.data === undefined ? drawData(flags.scenario ?? "default") : await readData(flags.data);
const { catalogue, training, world, unexposed } = data;
const { listLength, candidateCount, historyLength } = training;
const shape = { width, heads, layers, dropoutRate, listLength, candidateCount, historyLength, seed };
/** Draws the initial weights of a model. Every random choice is keyed by the seed and a name. */
const weights = (model: string) => new Random({ seed, stream: `${model} initial weights`, step: 0 });

// 2. The pointwise ranker: the probability of positive feedback on each candidate by itself. In the table it is DNN.
const pointwise = new PointwiseRanker(catalogue, width, weights("pointwise"));
await train(pointwiseTask(pointwise, training, unexposed), budget(feedbackTraining), { listener });

// 3. The judge: a reward model r(user, list) of whole lists (appendix B), which knows how items of a list act on each
//    other. The embedded world's users read from the top; in a log every position may depend on every other.
const reading = world ? "top-down" : "whole-list";
const judge = new RewardModel(
  catalogue,
  { ...shape, contextLayers: 0, reading, head: "positions", stream: "reward model" },
  weights("reward model"),
);
const asReward = { unexposed, unseen: { mixed: 1 }, seed, stage: "reward model" };
await train(rewardTask(judge, training, asReward), budget(rewardTraining), { listener });

// 4. The generator pi(list | user) (appendix D.2): encodes the candidates, and writes a list item by item. It starts from
//    what the judge knows of users and items.
const generator = new Generator(
  catalogue,
  { ...shape, encoderLayers: layers, decoderLayers: layers, stream: "generator" },
  weights("generator"),
);
generator.memory.encoder.loadStateDict(await judge.encoder.stateDict());

// 5. GoalRank (section 3.3). The generator learns from requests alone: nobody has to see its lists.
const order = new Random({ seed, stream: "policy requests", step: 0 }).permutation(training.size);
const most = flags.requests ?? (world ? policyRequests : training.size);
const requests = most < training.size ? selectRows(training, order.subarray(0, most)) : training;
const { clipNorm, schedule, warmup, ...budgeted } = budget(policyTraining);
const batches = new TrainingBatches("GoalRank", requests.size, budgeted);
const totalSteps = batches.count;
const rate = { schedule, peak: budgeted.learningRate, warmupSteps: Math.ceil(warmup * totalSteps), totalSteps };
const optimiser = new AdamW(generator.parameters(), budgeted);

listener.begin("GoalRank", totalSteps, 0);
for (let step = 0; step < totalSteps; step++) {
  using _ = scope(); // frees every tensor of the step at its end
  const batch = feedbackBatch(requests, batches.rows(step));

  // A group of G lists for each request: the generator's own, and those of simple helpers (appendix C). The judge says
  // what each is worth. No gradient comes from here.
  const key = { seed, stream: "GoalRank", step };
  const scored = await scoreGroups({ generator, judge, pointwise }, batch, groups, key);

  // The reference policy: softmax of the group's rewards, standardised (Eq. 4). The loss: cross-entropy of the generator
  // towards it over the group (Eq. 5).
  generator.train();
  const memory = generator.encode(batch);
  const loss = groupObjective(scored, generator, memory, groups.referenceTemperature).loss.mean();
  loss.backward();

  // The update: AdamW, on gradients no longer than `clipNorm` all together, at a rate that warms up and falls.
  const { scale: gradientScale } = clipScale(optimiser.parameters, clipNorm);
  optimiser.step({ learningRate: learningRateAt(step, rate), gradientScale });
  optimiser.zeroGrad();
  listener.step("GoalRank", step, { loss: await loss.item() });
}
generator.train(false);
listener.end("GoalRank");

// 6. The comparison on test requests, and what to serve by the validation requests; with who chooses the list that the judge
//    likes best of 20 drawn from the pointwise ranker. That method has a temperature to choose, and nothing to train.
const context = { ...shape, catalogue, world, shared: { pointwise, judge } };
const lesson: Lesson = { ...data, rewardModel: judge, policy: DEFAULT_RUN, train: async () => {} };
const [reference, best] = world ? ["logging-policy", ["oracle"]] : ["retriever", []];
const compared: TrainedMethod[] = [];
for (const name of ["random", reference, "dnn", "generator-evaluator-20", "goalrank", ...best]) {
  const method = findMethod(name);
  const instance = name === "goalrank" ? goalRankInstance(generator) : method.create(context);
  await instance.learn?.(lesson);
  compared.push({ method, instance });
}
console.log(formatComparison(await compareMethods({ context }, compared, data, { seed }, learning.all)));
console.log(`${((performance.now() - started) / 1000).toFixed(1)} s`);

/** An embedded world: a log that it drew, and the truth about every list (`true reward` in the table). */
function drawData(name: string): RunData {
  const { options, trainingLists } = findScenario(name);
  const world = createWorld({ ...options, seed });
  const draw = (stream: string, size: number) => drawLog(world, { size, seed, stream });
  const training = draw("training", flags.maxLists ?? trainingLists);
  const [validation, test] = [draw("validation", 500), draw("test", 500)];
  const propensities = loggingLogProbabilities(world, validation);
  return { catalogue: world.catalogue, training, validation, test, unexposed: "ignore", world, propensities };
}

/** A log of ratings, cut into lists with retrieved candidates. What somebody did not choose counts as not liked. */
async function readData(file: string): Promise<RunData> {
  const format = flags.format ?? /\.(csv|tsv|parquet)(\.gz)?$/.exec(file)?.[1] ?? "movielens";
  const options = { seed, ...(flags.maxLists && { maxLists: flags.maxLists }) };
  const prepared = await prepare({ format: format as LogFormat, file }, options, { listener });
  console.error(formatDataReport(prepared.report));
  return { ...prepared, unexposed: "negative", world: undefined };
}

/** What the command line asks for. */
function readFlags() {
  const help = `GoalRank, trained on an embedded world or on a log, and compared with others.

  --seed <number>      of every random choice (default: 1)
  --scenario <name>    the embedded world: default, returning, weak-reward or tiny
  --data <file>        a log of interactions in place of the world, plain or gzipped
  --format <name>      of the log: movielens, csv, tsv or parquet (default: by the file's name)
  --max-lists <count>  train on at most this many lists
  --requests <count>   requests that GoalRank learns from (default: 4800 of a world, all of a log)
  --epochs <count>     passes over the training lists, for every model
  --device <name>      auto, cpu or webgpu (default: auto)

For --out, --resume, --config and every other setting there is npx goalrank train all.`;
  const [text, yes] = [{ type: "string" }, { type: "boolean" }] as const;
  const options = { seed: text, requests: text, epochs: text, "max-lists": text };
  const others = { scenario: text, data: text, format: text, device: text, help: yes };
  const { values } = parseArgs({ options: { ...options, ...others } });
  if (values.help) {
    console.log(help);
    process.exit();
  }
  const integer = (name: keyof typeof options, least: number) => {
    const value = values[name] === undefined ? undefined : Number(values[name]);
    if (value === undefined || (Number.isSafeInteger(value) && value >= least)) return value;
    throw new RangeError(`--${name}: expected an integer of at least ${least}, got "${values[name]}"`);
  };
  const [seed, maxLists] = [integer("seed", 0) ?? 1, integer("max-lists", 1)];
  return { ...values, seed, maxLists, requests: integer("requests", 1), epochs: integer("epochs", 1) };
}

/** Says on stderr how far each model is. */
function progressLine(): TrainingListener {
  let [total, since, loss] = [0, 0, Number.NaN];
  const show = (line: string) => process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${line}` : line);
  return {
    begin(_stage, totalSteps) {
      [total, since] = [totalSteps, performance.now()];
    },
    step(stage, step, metrics) {
      loss = metrics.loss;
      learning.step(stage, step, metrics);
      if (process.stderr.isTTY) show(`${stage}: step ${step + 1} of ${total}, loss ${loss.toFixed(4)}`);
    },
    end(stage) {
      const seconds = ((performance.now() - since) / 1000).toFixed(1);
      show(`${stage}: ${total} steps, ${seconds} s, last loss ${loss.toFixed(4)}\n`);
    },
  };
}

/** Mistakes of the caller end with what is wrong; anything else is a defect and shows its stack. */
function endWithError(error: Error & { readonly code?: string }): never {
  const isOfFlags = error.code?.startsWith("ERR_PARSE_ARGS") === true;
  const isMistake = isOfFlags || error instanceof RangeError || error instanceof DataError;
  const hint = isOfFlags ? "; --help lists the flags, npx goalrank train all has all others" : "";
  console.error(isMistake ? error.message + hint : error);
  process.exit(isMistake ? 2 : 1);
}
