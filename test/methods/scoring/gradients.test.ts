/** Gradients of the whole losses of the methods that score candidates, against central differences. */
import { suite } from "uvu";
import type { ListDataset } from "../../../src/data/dataset.ts";
import { listwiseLoss } from "../../../src/goalrank/listwise-loss.ts";
import { ListContextRanker } from "../../../src/methods/dlcm.ts";
import { MultiLevelReranker } from "../../../src/methods/mir.ts";
import { PointwiseRanker } from "../../../src/methods/pointwise-ranker.ts";
import { PersonalisedReranker } from "../../../src/methods/prm.ts";
import { RankMixer } from "../../../src/methods/rank-mixer.ts";
import {
  attentionLoss,
  pointwiseLoss,
  type ScoreLoss,
  type ScoringModel,
  scoringTask,
} from "../../../src/methods/scoring/scoring-method.ts";
import { SetRank } from "../../../src/methods/set-rank.ts";
import { log, world } from "../../small-world.ts";
import { checkGradients } from "../check-gradients.ts";
import { random, withHistory } from "../small-context.ts";

const test = suite("gradients of scoring methods");

const remembering = withHistory(log, 5);
const shape = {
  width: 8,
  heads: 2,
  layers: 2,
  candidateCount: log.candidateCount,
  historyLength: 0,
  hiddenWidths: [6, 4],
  dropoutRate: 0,
  seed: 3,
};
const { catalogue } = world;

const cases: readonly (readonly [string, () => ScoringModel, ScoreLoss, ListDataset])[] = [
  ["DLCM", () => new ListContextRanker(catalogue, shape, random("DLCM")), attentionLoss, log],
  ["SetRank", () => new SetRank(catalogue, shape, random("SetRank")), attentionLoss, log],
  [
    "induced SetRank",
    () => new SetRank(catalogue, { ...shape, inducedRows: 3 }, random("SetRank")),
    attentionLoss,
    log,
  ],
  [
    "PRM",
    () => {
      const pointwise = new PointwiseRanker(catalogue, 8, random("pointwise"));
      return new PersonalisedReranker(catalogue, pointwise, shape, random("PRM"));
    },
    listwiseLoss,
    log,
  ],
  ["MIR without a history", () => new MultiLevelReranker(catalogue, shape, random("MIR")), pointwiseLoss, log],
  [
    "MIR",
    () => new MultiLevelReranker(catalogue, { ...shape, historyLength: 5 }, random("MIR")),
    pointwiseLoss,
    remembering,
  ],
  ["RankMixer", () => new RankMixer(catalogue, shape, random("RankMixer")), pointwiseLoss, log],
];

for (const [name, create, loss, dataset] of cases) {
  for (const unexposed of ["ignore", "negative"] as const) {
    test(`${name} where unexposed candidates count ${unexposed === "ignore" ? "nothing" : "0"}`, () =>
      checkGradients(scoringTask(name, create(), loss, dataset, unexposed)));
  }
}

test.run();
