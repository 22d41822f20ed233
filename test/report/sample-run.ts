/** The files of a small run, written by hand, with every part that a report can show. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Contents of a run's folder by the name of a file: text, or what is written as JSON. */
export type RunFiles = Readonly<Record<string, unknown>>;

const METHODS = [
  "random",
  "logging policy",
  "DNN",
  "PRM",
  "imitation",
  "generator-evaluator, 20 lists",
  "imitation-evaluator, 100 lists",
  "GoalRank",
  "oracle",
];

/** As in `--deploy NAME`. */
const NAMES = [
  "random",
  "logging-policy",
  "dnn",
  "prm",
  "imitation",
  "generator-evaluator-20",
  "imitation-evaluator-100",
  "goalrank",
  "oracle",
];

const lead = { mean: 1.5, halfWidth: 0.05, pValue: 0.0001 };

const verdict = {
  deploy: "goalrank",
  served: "goalrank",
  gates: [
    { name: "within-noise", figure: 0.234, text: "GoalRank and another cannot be told apart", blocks: false },
    { name: "few-test-lists", figure: 120, text: "only 120 test lists hold a positive", blocks: false },
  ],
  text: "Deploy GoalRank.",
  next: "goalrank serve RUN",
  choice: {
    measure: "trueReward",
    lists: 480,
    best: "imitation-evaluator-100",
    chosen: "goalrank",
    overRandom: { over: "random", ...lead },
    goalRank: { over: "dnn", ...lead },
    methods: [2, 3, 4, 7, 5, 6].map((i) => ({
      name: NAMES[i],
      method: METHODS[i],
      mean: i === 6 ? 3.1 : 1.32 + i / 4,
      halfWidth: 0.04,
      isWithinNoise: i >= 6,
    })),
  },
  goalRank: { isWorthIt: true, text: "GoalRank is worth it on this data: +1.5." },
};

export const result = {
  listLength: 6,
  testRequests: 500,
  verdict,
  rows: METHODS.map((method, i) => ({
    name: NAMES[i],
    method,
    trueReward: 1.3204 + i / 4,
    regret: 2.2036 - i / 4,
    predictedReward: 1.3014 + i / 5,
    hit: 0.0412 + i / 91,
    ndcg: 0.0953 - i / 130,
    map: 0.0654 + i / 77,
    f1: 0.0621 + i / 88,
    auc: 0.5113 + i / 40,
    users: 412,
    usersWithoutPositive: 88,
    halfWidths: {
      trueReward: 0.0423,
      regret: 0.0311,
      predictedReward: 0.0402,
      hit: 0.0081 + i / 2000,
      ndcg: 0.0201,
      map: 0.0162,
      f1: 0.0113,
      auc: 0.0252,
    },
  })),
  judge: {
    lists: 500,
    meanSquaredError: 0.7871,
    rSquared: 0.2114,
    pearson: 0.4642,
    spearman: 0.4471,
    calibration: Array.from({ length: 10 }, (_, i) => ({
      predicted: 0.5 + i / 2,
      observed: 0.6 + i / 1.67 + (i % 3) / 20,
      lists: 50,
    })),
    orderAccuracy: [
      { gap: 1, pairs: 8753, accuracy: 0.6471 },
      { gap: 2, pairs: 4021, accuracy: 0.7623 },
      { gap: 3, pairs: 1385, accuracy: 0.4105 },
    ],
  },
  trueCorrelation: 0.9312,
  advantages: METHODS.filter((name) => !/random|GoalRank|oracle/.test(name)).map((over, i) => ({
    over,
    measure: "true reward",
    mean: 1.6944 - i / 3,
    halfWidth: 0.0447,
    pValue: i === 5 ? 0.2345 : 0.0001,
  })),
  offPolicy: {
    predicted: 3.0201,
    trueReward: 2.8921,
    inversePropensity: { value: 2.0141, standardError: 0.0821, effectiveSize: 4.92 },
    sequential: { value: 2.2411, standardError: 0.2577, effectiveSize: 1.71 },
    doublyRobust: { value: 2.8472, standardError: 0.2964, effectiveSize: 4.92 },
  },
};

const TITLES = [
  "Professional, The (a.k.a. Leon: The Professional) (1994)",
  "<script>alert('title')</script> & \"quotes\"",
  "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
  "مغامرات الأمير أحمد",
  "千と千尋の神隠し (2001)",
];

const ITEMS = 40;

function request(index: number) {
  const place = (k: number) => (index * 7 + k * 3) % ITEMS;
  const list = (k: number) => [0, 1, 2, 3, 4, 5].map((t) => place(k + t));
  const rewards = Array.from({ length: 16 }, (_, g) => 3.5 - g / 7);
  const meanReward = rewards.reduce((sum, reward) => sum + reward, 0) / rewards.length;
  const rewardDeviation = Math.sqrt(
    rewards.reduce((sum, reward) => sum + (reward - meanReward) ** 2, 0) / rewards.length,
  );
  const zs = rewards.map((reward) => (reward - meanReward) / rewardDeviation);
  const weights = zs.map((z) => Math.exp(2 * z));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const sources = ["policy", "substitution", "pointwise", "random"];
  return {
    user: `user ${index}`,
    history: Array.from({ length: 12 }, (_, h) => ({ item: (h * 5) % ITEMS, liked: h % 3 > 0 })),
    shown: list(0).map((item, t) => ({ item, liked: t % 3 === 1 })),
    shownOutside: index === 2 ? 1 : 0,
    candidates: Array.from({ length: ITEMS }, (_, item) => ({ item, probability: 1 - item / ITEMS })),
    lists: {
      ...(index !== 2 && { shown: { items: list(0), reward: 1.23, trueReward: 1.07 } }),
      dnn: { items: list(1), reward: 1.47, trueReward: 1.52 },
      goalRank: { items: list(2), reward: 2.91, trueReward: 2.91, probabilities: [0.66, 0.69, 0.45, 0.28, 0.23, 0.49] },
    },
    group: {
      meanReward,
      rewardDeviation,
      repetitions: index,
      lists: rewards.map((reward, g) => ({
        items: list(g),
        reward,
        trueReward: reward + 0.1,
        source: sources[g % 4],
        z: zs[g],
        reference: weights[g] / total,
        policy: g === 1 ? 0.85 : 0.01,
        logProbability: -5 - g,
      })),
    },
  };
}

export const anatomy = {
  listLength: 6,
  referenceTemperature: 0.5,
  items: Object.fromEntries(
    Array.from({ length: ITEMS }, (_, item) => {
      const title = TITLES[item] ?? (item % 4 === 0 ? undefined : `Title of item ${item} (19${10 + item})`);
      return [item, { id: `i${item}`, ...(title && { title }) }];
    }),
  ),
  requests: [request(0), request(1), request(2)],
};

const counts = { users: 6040, items: 3706, interactions: 1_000_209, positives: 836_478 };

const split = (lists: number, candidates: string) => ({
  lists,
  candidates,
  positiveRate: [0.84, 0.83, 0.82, 0.83, 0.84, 0.85],
  span: {
    first: 956_703_932,
    last: 1_046_454_590,
    firstDate: "2000-04-25T23:05:32.000Z",
    lastDate: "2003-02-28T17:49:50.000Z",
  },
  scoreToExposure: 0.1104,
});

const lists = {
  lists: 163_348,
  withPositive: 161_646,
  withRepeat: 12,
  training: 126_219,
  validation: 29_481,
  test: 5946,
  testUsersWithoutPositive: 3,
  testUsersWithRepeat: 0,
};

export const dataReport = {
  split: "last-list",
  preparation: { core: 20, listLength: 6, read: counts, kept: counts, lists, trainingListsDrawn: 2000 },
  users: 6022,
  items: 3043,
  interactions: 995_154,
  learned: 779_040,
  lists,
  listsPerUser: { minimum: 0, lowerQuartile: 1, median: 1, upperQuartile: 2, maximum: 12 },
  repeatedShare: 0.0123,
  recallAt50: 0.2204,
  unknownTestUsers: 4,
  splits: { training: split(2000, "injected"), validation: split(2000, "injected"), test: split(5946, "injected") },
  excludedByFuture: 229.3,
  passedOver: { liked: 0.0012, others: 0.2314 },
  checks: [
    { name: "no test interaction is among those that the retriever learned from", passed: true, count: 0 },
    { name: "test: the candidates of a list are distinct", passed: false, count: 17 },
  ],
};

/** Steps of three models: one short, one with validations, one with everything that groups log. */
function metrics(): string {
  const lines: object[] = [];
  for (let step = 0; step < 20; step++) lines.push({ stage: "DNN", step, loss: 0.8 / (step + 1) });
  for (let step = 0; step < 1200; step++) {
    const gradientNorm = 100 / (1 + step ** 1.5) + (step % 7) / 50 + 0.01;
    const learningRate = 5e-3 * (1 - step / 1200);
    lines.push({ stage: "reward model", step, loss: 1 + (step % 13) / 40, gradientNorm, learningRate });
    if (step % 100 === 99) {
      const validation = { meanSquaredError: 4.46 + step / 1e7, pearson: step / 4000 };
      lines.push({ stage: "reward model", step, validation });
    }
  }
  for (let step = 0; step < 300; step++) {
    const sources = { "reward policy": 3, "reward random": 1, "reward substitution": 2, "reward pointwise": 1.5 };
    const rewards = Object.entries(sources).map(([name, value]) => [name, value + (step % 5) / 20]);
    lines.push({
      stage: "GoalRank",
      step,
      loss: 20 - step / 20,
      groupLoss: 20 - step / 20,
      spread: 0.5,
      ...Object.fromEntries(rewards),
      policyEntropy: 20 - step / 20,
      referenceEntropy: 2,
      divergence: 2 + (step % 9) / 10,
      zeroSpread: 0,
      duplicates: step % 4,
      tokens: 1536,
      learningRate: 3e-3,
      gradientNorm: 2,
    });
    if (step % 25 === 24)
      lines.push({ stage: "GoalRank", step, validation: { hit: 0.07, ndcg: 0.15, map: 0.1, predicted: 3.1 } });
  }
  return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
}

export const files: RunFiles = {
  "config.json": { seed: 1, device: "cpu", data: { scenario: "default" }, experiment: { width: 32, methods: ["prm"] } },
  "run.json": {
    goalrank: "0.1.0",
    node: "v20.0.0",
    platform: "linux x64",
    device: "cpu, 2 threads",
    seed: 1,
    data: {
      fingerprint: "0123456789abcdef".repeat(4),
      files: [{ name: "ratings.dat", bytes: 24_594_131, sha256: "ab".repeat(32) }],
    },
    command: "goalrank train all --scenario default --out runs/first",
    started: "2026-01-02T03:04:05.000Z",
    resumed: [],
    finished: "2026-01-02T03:05:05.000Z",
  },
  "data-report.json": dataReport,
  "metrics.jsonl": metrics(),
  "anatomy.json": anatomy,
  "result.json": result,
};

/** Writes a run's folder. */
export function writeRun(folder: string, contents: RunFiles = files): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of Object.entries(contents)) {
    writeFileSync(join(folder, name), typeof content === "string" ? content : JSON.stringify(content));
  }
}
