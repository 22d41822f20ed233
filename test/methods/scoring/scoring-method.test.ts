/** What scorers learn from: all candidates, or only what was shown; and their losses by hand. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { listwiseLoss } from "../../../src/goalrank/listwise-loss.ts";
import { PointwiseRanker } from "../../../src/methods/pointwise-ranker.ts";
import { DNN } from "../../../src/methods/references.ts";
import { SCORE_LOSSES } from "../../../src/methods/scoring/score-losses.ts";
import {
  attentionLoss,
  pointwiseLoss,
  type ScoreLoss,
  scoringTask,
} from "../../../src/methods/scoring/scoring-method.ts";
import { type Tensor, tensor } from "../../../src/tensor/index.ts";
import { log, world } from "../../small-world.ts";
import { assertRanked, createSchool, lists32, lossOf, random, WIDTH } from "../small-context.ts";
import { assertNear } from "./scoring-checks.ts";

const test = suite("scoring methods");

const softmax = (scores: readonly number[]) => {
  const total = scores.reduce((sum, score) => sum + Math.exp(score), 0);
  return scores.map((score) => Math.exp(score) / total);
};

test("the attention loss shares attention by e^label among what is above 0", () => {
  const scores = [0.3, -1, 2, 0.5];
  const labels = [0, 1, 3, -2];
  const total = Math.E + Math.exp(3);
  const expected = -(
    (Math.E / total) * Math.log(softmax(scores)[1]) +
    (Math.exp(3) / total) * Math.log(softmax(scores)[2])
  );
  assertNear([attentionLoss(tensor(scores, [1, 4]), tensor(labels, [1, 4])).itemSync()], [expected], 1e-6);
});

test("of labels 0 and 1 the attention loss is PRM's, and 0 where nothing is liked", () => {
  const scores = tensor([0.3, -1, 2, 0.5, 1, 1.5, -0.2, 0], [2, 4]);
  const labels = tensor([1, 0, 1, 0, 0, 0, 0, 0], [2, 4]);
  assertNear([attentionLoss(scores, labels).itemSync()], [listwiseLoss(scores, labels).itemSync()], 1e-6);
  assert.is(attentionLoss(scores.slice(0, 1), labels.slice(0, 1)).itemSync(), 0);
});

const LOSSES: Readonly<Record<string, ScoreLoss>> = { attentionLoss, pointwiseLoss, ...SCORE_LOSSES };

for (const [name, loss] of Object.entries(LOSSES)) {
  test(`${name}: what is masked counts nothing`, () => {
    const whole = loss(tensor([0.3, -1, 2], [1, 3]), tensor([1, 0, 1], [1, 3]));
    const masked = loss(
      tensor([0.3, 9, -1, 2], [1, 4]),
      tensor([1, 0, 0, 1], [1, 4]),
      tensor(Int32Array.of(1, 0, 1, 1), [1, 4]),
    );
    assertNear([masked.itemSync()], [whole.itemSync()], 1e-6);
  });
}

test("a request without anything that was shown teaches nothing", () => {
  const [scores, labels] = [tensor([1, 2], [1, 2]), tensor([0, 0], [1, 2])];
  for (const loss of Object.values(LOSSES)) {
    assert.is(Math.abs(loss(scores, labels, tensor(Int32Array.of(0, 0), [1, 2])).itemSync()), 0);
  }
});

test("where unexposed candidates count nothing, only what was shown is looked at, in its order", async () => {
  const exposed = lists32.exposed.slice();
  const feedback = lists32.feedback.slice();
  exposed[2] = -1;
  feedback[2] = 1;
  const model = new PointwiseRanker(world.catalogue, WIDTH, random("pointwise"));
  const { listLength: length, candidateCount: candidates } = lists32;
  const seen: { scores: Tensor; labels: Tensor; mask: Tensor | undefined }[] = [];
  const spy: ScoreLoss = (scores, labels, mask) => {
    seen.push({ scores, labels, mask });
    return scores.sum();
  };
  const dataset = { ...lists32, exposed, feedback };
  await lossOf(scoringTask("test", model, spy, dataset, "ignore"));
  await lossOf(scoringTask("test", model, spy, dataset, "negative"));
  const [shown, all] = seen;
  assert.equal(shown.scores.shape, [32, length]);
  assert.equal(all.scores.shape, [32, candidates]);
  assert.is(all.mask, undefined);
  const [mask, labels, scores, allLabels, allScores] = [
    shown.mask,
    shown.labels,
    shown.scores,
    all.labels,
    all.scores,
  ].map((values) => values?.dataSync() ?? []);
  exposed.forEach((place, at) => {
    assert.is(mask[at], place < 0 ? 0 : 1);
    assert.is(labels[at], place < 0 ? 0 : feedback[at]);
    if (place < 0) return;
    const candidate = Math.floor(at / length) * candidates + place;
    assert.is(scores[at], allScores[candidate]);
    assert.is(labels[at], allLabels[candidate]);
  });
  const liked = exposed.filter((place, at) => place >= 0 && feedback[at] === 1).length;
  assert.is(Array.from(allLabels).filter((label) => label === 1).length, liked);
});

test("DNN is the pointwise ranker that all methods share: nothing more is trained", async () => {
  const { models: shared } = await createSchool(log);
  const { models, learn, rank } = DNN.create(shared.context);
  assert.equal(models, {});
  assert.is(learn, undefined);
  assertRanked(log, await rank(log));
});

test.run();
