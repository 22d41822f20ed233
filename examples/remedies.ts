/**
 * Over-optimisation and what helps: GoalRank in a world where the log is small and narrow, with each remedy by itself.
 *
 *   npx tsx examples/remedies.ts
 *   npx tsx examples/remedies.ts --scenario weak-reward --seeds 1,2,3 --rounds 3
 */
import Table from "cli-table3";
import { Command } from "commander";
import { candidateBatch, joinRows, type ListDataset } from "goalrank/data";
import { mean, meanConfidenceInterval } from "goalrank/evaluation";
import { chooseDevice } from "goalrank/kernels";
import { generatorSource } from "goalrank/methods";
import { DEFAULT_GROUP_SET, type Generator } from "goalrank/paper";
import { noGrad, scope, setDefaultDevice } from "goalrank/tensor";
import {
  DEFAULT_RUN,
  evaluationBatches,
  generatorOf,
  type RunData,
  type RunResult,
  type RunSettings,
  run,
  worldData,
} from "goalrank/train";
import { collectFeedback, findScenario, type World } from "goalrank/world";

/** A change to the usual settings of a run. */
interface Remedy {
  readonly name: string;
  change(options: RunSettings): RunSettings;
}

const REMEDIES: readonly Remedy[] = [
  { name: "none", change: (options) => options },
  ...[1, 3].map((pessimism) => ({
    name: `4 reward models, mean - ${pessimism} deviations`,
    change: (options: RunSettings) => ({ ...options, reward: { ...options.reward, members: 4, pessimism } }),
  })),
  ...[0.1, 0.3, 1].map((imitationWeight) => ({
    name: `imitation of the log, weight ${imitationWeight}`,
    change: (options: RunSettings) => ({ ...options, groups: { ...options.groups, imitationWeight } }),
  })),
  {
    name: "logged list in the group",
    change: (options) => ({
      ...options,
      groups: { ...options.groups, set: [...DEFAULT_GROUP_SET, { source: "logged", count: 1 }] },
    }),
  },
  {
    name: "early stopping on held-out hits",
    change: (options) => ({
      ...options,
      policyTraining: {
        ...options.policyTraining,
        validateEvery: 20,
        earlyStopping: { metric: "hit", better: "higher", patience: 3 },
      },
    }),
  },
  {
    name: "all: 4 models, 1 deviation, imitation 0.3",
    change: (options) => ({
      ...options,
      reward: { ...options.reward, members: 4, pessimism: 1 },
      groups: { ...options.groups, imitationWeight: 0.3 },
    }),
  },
];

/** What is shown of a run. */
interface Outcome {
  readonly trueReward: number;
  readonly predicted: number;
  readonly correlation: number;
}

function outcomeOf({ rows, trueCorrelation = Number.NaN }: RunResult): Outcome {
  const row = rows.find(({ method }) => method === "GoalRank");
  return {
    trueReward: row?.trueReward ?? Number.NaN,
    predicted: row?.predictedReward ?? Number.NaN,
    correlation: trueCorrelation,
  };
}

/** One list that the policy samples for each request: candidate positions [S, L]. */
async function sampleLists(generator: Generator, requests: ListDataset, seed: number): Promise<Int32Array> {
  const lists = new Int32Array(requests.size * requests.listLength);
  const source = generatorSource(generator, 1);
  for (const rows of evaluationBatches(requests.size)) {
    using _ = scope();
    const key = { seed, stream: "shown lists", step: rows[0] };
    const drawn = noGrad(() => source(candidateBatch(requests, rows), 1, requests.listLength, key));
    lists.set(await drawn.lists.data(), rows[0] * requests.listLength);
  }
  return lists;
}

/** Shows the policy's lists to the users of as many requests as the log has, and trains again on both logs. */
async function freshFeedback(
  data: RunData & { readonly world: World },
  options: RunSettings,
  rounds: number,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  let training = data.training;
  let { methods, result } = await run(data, options);
  for (let round = 1; round <= rounds; round++) {
    const generator = generatorOf(methods);
    if (generator === undefined) throw new Error("remedies: GoalRank was not trained");
    const lists = await sampleLists(generator, data.training, options.seed + 1000 * round);
    const key = { seed: options.seed, stream: `feedback of round ${round}` };
    training = joinRows([training, collectFeedback(data.world, data.training, lists, key)]);
    ({ methods, result } = await run({ ...data, training }, options));
    outcomes.push(outcomeOf(result));
  }
  return outcomes;
}

/** The mean of one number per seed, with its 95% interval where there are several. */
function summary(values: readonly number[]): string {
  if (values.length < 2) return mean(values).toFixed(3);
  const { mean: middle, halfWidth } = meanConfidenceInterval(values);
  return `${middle.toFixed(3)} +- ${halfWidth.toFixed(3)}`;
}

const program = new Command("remedies")
  .description("Measures what helps against over-optimisation of the reward model, in the embedded world.")
  .option("--scenario <name>", "embedded world", "weak-reward")
  .option("--seeds <numbers>", "comma between them", "1,2,3")
  .option("--rounds <count>", "of fresh feedback", "3")
  .option("--lists <count>", "logged lists to learn from (default: what the scenario recommends)")
  .option("--requests <count>", "that GoalRank learns from", String(DEFAULT_RUN.policyRequests))
  .option("--device <name>", "cpu, webgpu or auto", "cpu");
const { scenario, seeds: seedText, rounds, lists, requests, device: deviceName } = program.parse().opts();
findScenario(scenario);
const seeds = String(seedText).split(",").map(Number);
const { device, description } = await chooseDevice(deviceName);
setDefaultDevice(device);
console.error(`device: ${description}`);

const table = new Table({
  head: ["remedy", "true reward by seed", "gain over none", "predicted", "correlation of the judge"],
  style: { head: [], border: [] },
  chars: { mid: "", "left-mid": "", "mid-mid": "", "right-mid": "" },
});
const found = new Map<string, Outcome[]>();
const note = (name: string, outcome: Outcome) => found.set(name, [...(found.get(name) ?? []), outcome]);
for (const seed of seeds) {
  const data = worldData({ scenario, seed, ...(lists && { trainingLists: Number(lists) }) });
  const options = { ...DEFAULT_RUN, seed, policyRequests: Number(requests) };
  for (const { name, change } of REMEDIES) note(name, outcomeOf((await run(data, change(options))).result));
  const fresh = await freshFeedback(data, options, Number(rounds));
  fresh.forEach((outcome, round) => {
    note(`fresh feedback on the policy's lists, round ${round + 1}`, outcome);
  });
  console.error(`seed ${seed}: done`);
}
const without = found.get("none") ?? [];
for (const [name, outcomes] of found) {
  table.push([
    name,
    outcomes.map(({ trueReward }) => trueReward.toFixed(3)).join(" "),
    summary(outcomes.map(({ trueReward }, seed) => trueReward - without[seed].trueReward)),
    mean(outcomes.map(({ predicted }) => predicted)).toFixed(3),
    mean(outcomes.map(({ correlation }) => correlation)).toFixed(3),
  ]);
}
console.log(table.toString());
