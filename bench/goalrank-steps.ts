/**
 * Parts of GoalRank's training, repeatable: at the sizes of the example, on one fixed batch with fixed groups and
 * rewards, so that no number has to be read back. Everything is made on the default device.
 */
import { candidateBatch } from "../src/data/batch.ts";
import { Generator } from "../src/goalrank/generator.ts";
import { randomLists } from "../src/goalrank/groups/random.ts";
import { RewardModel } from "../src/goalrank/reward-model.ts";
import { Random } from "../src/kernels/index.ts";
import { PointwiseRanker } from "../src/methods/pointwise-ranker.ts";
import { worldData } from "../src/run/data.ts";
import { DEFAULT_RUN } from "../src/run/settings.ts";
import { groupCrossEntropy, gumbelTopK, noGrad, scope, tensor } from "../src/tensor/index.ts";
import { Optimisation } from "../src/training/optimisation.ts";

const SEED = 1;
const { width, heads, layers, groups: GROUPS, policyTraining } = DEFAULT_RUN;
const REQUESTS = policyTraining.batchSize;
const GROUP_SIZE = GROUPS.set.reduce((sum, { count }) => sum + count, 0);
const POLICY = sampledEntry("policy");
const POINTWISE = sampledEntry("pointwise");

/** How many lists a source gives to a group, and at which temperature it is sampled. */
function sampledEntry(source: "policy" | "pointwise"): { count: number; temperature: number } {
  for (const entry of GROUPS.set) {
    if (entry.source === source) return { count: entry.count, temperature: entry.temperature ?? 1 };
  }
  throw new Error(`the default groups have no lists of source ${source}`);
}

export interface GoalRankSteps {
  /** One update of the generator towards the reference policy of fixed groups. */
  trainGenerator(): void;
  /** Lists sampled from the policy and drawn from the pointwise ranker, and the rewards of fixed groups. */
  scoreGroups(): void;
}

export function createGoalRankSteps(): GoalRankSteps {
  const { catalogue, training } = worldData({ seed: SEED, trainingLists: REQUESTS, testRequests: 1 });
  const { listLength, candidateCount } = training;
  const random = (stream: string) => new Random({ seed: SEED, stream, step: 0 });
  const shared = { width, heads, listLength, dropoutRate: 0, seed: SEED };
  const generatorOptions = { ...shared, encoderLayers: layers, decoderLayers: layers, stream: "generator" };
  const generator = new Generator(catalogue, generatorOptions, random("generator"));
  const rewardModel = new RewardModel(
    catalogue,
    { ...shared, layers, contextLayers: 0, reading: "top-down", head: "positions", stream: "reward model" },
    random("reward model"),
  );
  const pointwise = new PointwiseRanker(catalogue, width, random("pointwise"));
  const optimisation = new Optimisation(generator, 10_000, { ...policyTraining, seed: SEED }, "GoalRank");

  const rows = Int32Array.from({ length: REQUESTS }, (_, row) => row);
  const key = { seed: SEED, stream: "groups", step: 0 };
  const { lists } = randomLists(REQUESTS, GROUP_SIZE, { candidates: candidateCount, length: listLength, key });
  const reward = random("rewards");
  const rewards = Float32Array.from({ length: REQUESTS * GROUP_SIZE }, () => reward.uniform());
  const distinct = new Int32Array(REQUESTS * GROUP_SIZE).fill(1);
  let step = 0;

  return {
    trainGenerator() {
      using _ = scope();
      const memory = generator.encode(candidateBatch(training, rows));
      const logProbabilities = generator.logProbabilities(memory, lists, GROUP_SIZE);
      const { loss } = groupCrossEntropy(tensor(rewards, [REQUESTS, GROUP_SIZE]), logProbabilities, {
        mask: tensor(distinct, [REQUESTS, GROUP_SIZE]),
        temperature: GROUPS.referenceTemperature,
      });
      const average = loss.mean();
      average.backward();
      optimisation.update(average);
    },
    scoreGroups() {
      using _ = scope();
      noGrad(() => {
        const batch = candidateBatch(training, rows);
        const stepKey = { ...key, step: step++ };
        const sampling = { temperature: POLICY.temperature, key: stepKey };
        generator.decode(generator.encode(batch), { lists: POLICY.count, sampling });
        gumbelTopK(pointwise.forward(batch).div(POINTWISE.temperature), {
          lists: POINTWISE.count,
          length: listLength,
          key: stepKey,
        });
        const group = tensor(lists, [REQUESTS, GROUP_SIZE, listLength]);
        rewardModel.rewards(batch, group);
      });
    },
  };
}
