/** The judge that scores every candidate in the light of the others: its losses by hand, and what its logits mean. */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { candidateBatch, feedbackBatch, type RequestBatch } from "../../src/data/batch.ts";
import type { ListDataset } from "../../src/data/dataset.ts";
import { allRows, candidateLabels, exposureLabels, type ShownLists } from "../../src/data/labels.ts";
import { jointLogits } from "../../src/goalrank/candidate-heads.ts";
import { ContextualJudge } from "../../src/goalrank/contextual-judge.ts";
import { candidateOpinion, JudgeEnsemble } from "../../src/goalrank/judge.ts";
import { RewardModel } from "../../src/goalrank/reward-model.ts";
import { entireSpaceLoss, historyLoss, pointwiseLoss, scoringTask } from "../../src/goalrank/scoring-task.ts";
import { Random } from "../../src/kernels/index.ts";
import { gradcheck, noGrad, scope, tensor } from "../../src/tensor/index.ts";
import { DEFAULT_TRAINING } from "../../src/training/options.ts";
import { train } from "../../src/training/trainer.ts";
import { drawLog } from "../../src/world/logging-policy.ts";
import { lossOf, withHistory } from "../methods/small-context.ts";
import { log, rewardOptions, world } from "../small-world.ts";

const test = suite("contextual judge");

const random = (stream: string) => new Random({ seed: 2, stream, step: 0 });
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
/** Binary cross-entropy of a logit. */
const entropy = (logit: number, label: number) => -Math.log(label > 0 ? sigmoid(logit) : sigmoid(-logit));
const near = (actual: number, expected: number, tolerance = 1e-5) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual}, expected ${expected}`);

function create(dataset: ListDataset, entireSpace: boolean, stream = "judge"): ContextualJudge {
  const { candidateCount, historyLength } = dataset;
  const sizes = { width: 8, heads: 2, layers: 1, dropoutRate: 0, seed: 3, candidateCount, historyLength };
  return new ContextualJudge(world.catalogue, { ...sizes, entireSpace, stream }, random(stream));
}

/** Two requests of three candidates; of the second request's list one item is no candidate. */
const shown: ShownLists = {
  size: 2,
  candidateCount: 3,
  listLength: 2,
  exposed: Int32Array.of(2, 0, 1, -1),
  feedback: Float32Array.of(1, 0, 1, 1),
};
const shownLogits = [0.5, -1, 2, 0.3, -0.2, 1.5];
const likedLogits = [-0.4, 1, 0.7, 3, -2, 0.1];

test("the loss of the entire space is that of what is shown, and of what is liked among it, over all candidates", async () => {
  const [wasShown, wasLiked] = [exposureLabels(shown), candidateLabels(shown)];
  assert.equal([...wasShown], [1, 0, 1, 0, 1, 0]);
  assert.equal([...wasLiked], [0, 0, 1, 0, 1, 0]);
  const terms = shownLogits.map((logit, at) => {
    return entropy(logit, wasShown[at]) + wasShown[at] * entropy(likedLogits[at], wasLiked[at]);
  });
  const loss = entireSpaceLoss(tensor(shownLogits, [2, 3]), tensor(likedLogits, [2, 3]), shown);
  near(await loss.item(), terms.reduce((sum, term) => sum + term) / 6);
});

test("the history teaches by the mean over its items, and padding by nothing", async () => {
  // The first user met three items and liked the second, the other one item and liked it.
  const weights = [0, 0, 1, 0, 0, 0.5, 0, 0.5, 0, 0, 0, 1, 0, 0, 0, 0];
  const batch = { historyWeights: tensor(Float32Array.from(weights), [2, 2, 4]) } as RequestBatch;
  const logits = [9, 0.5, -1, 2, 7, 8, 9, 0.25];
  const expected = (entropy(0.5, 0) + entropy(-1, 1) + entropy(2, 0) + entropy(0.25, 1)) / 4;
  near(await historyLoss(tensor(Float32Array.from(logits), [2, 4]), batch).item(), expected);
});

test("the joint logit is that of sigmoid(e) sigmoid(l), at any size of the two", () => {
  const logit = fc.double({ min: -30, max: 30, noNaN: true });
  fc.assert(
    fc.property(logit, logit, (e, l) => {
      const asTensor = (value: number) => tensor(Float64Array.of(value), [1, 1]);
      const [joint] = jointLogits({ shown: asTensor(e), liked: asTensor(l) }).dataSync();
      near(sigmoid(joint), sigmoid(e) * sigmoid(l), 1e-12);
    }),
  );
  const asTensor = (values: readonly number[]) => tensor(Float32Array.from(values), [1, values.length]);
  const joint = jointLogits({ shown: asTensor([200, -200, 200]), liked: asTensor([200, 3, -150]) }).dataSync();
  assert.ok(joint.every(Number.isFinite));
  near(joint[1], -200, 0.1);
  near(joint[2], -150, 1e-3);
});

test("gradients of the joint logit agree with central differences", () => {
  const draw = random("logits");
  const logits = () =>
    tensor(
      Float64Array.from({ length: 6 }, () => 3 * draw.normal()),
      [2, 3],
    );
  gradcheck((e, l) => jointLogits({ shown: e, liked: l }), [logits(), logits()]);
});

test("with two heads p is sigmoid(e) sigmoid(l) of every candidate; with one it is sigmoid(l)", () => {
  using _ = scope();
  const batch = candidateBatch(log, [0, 1]);
  noGrad(() => {
    const judge = create(log, true);
    const [e, l, p] = [judge.shownLogits(batch), judge.likedLogits(batch), judge.forward(batch).sigmoid().dataSync()];
    const [ofShown, ofLiked] = [e?.dataSync(), l.dataSync()];
    p.forEach((value, at) => {
      near(value, sigmoid(ofShown?.[at] ?? Number.NaN) * sigmoid(ofLiked[at]), 1e-6);
    });
    const plain = create(log, false);
    assert.is(plain.shownLogits(batch), undefined);
    assert.equal(plain.forward(batch).dataSync(), plain.likedLogits(batch).dataSync());
  });
});

test("with one head, and where what was not shown counts nothing, only what was shown teaches", async () => {
  const judge = create(log, false);
  const loss = await lossOf(scoringTask("judge", judge, pointwiseLoss, log, "ignore"));
  const batch = feedbackBatch(log, allRows(log));
  const logits = noGrad(() => judge.forward(batch).dataSync());
  const losses = Array.from(log.exposed, (position, at) => {
    const row = Math.floor(at / log.listLength);
    return entropy(logits[row * log.candidateCount + position], log.feedback[at]);
  });
  near(loss, losses.reduce((sum, own) => sum + own) / losses.length, 1e-4);
});

test("a list is worth its items' probabilities, discounted by position, on average over the members", () => {
  using _ = scope();
  const batch = candidateBatch(log, [0, 1]);
  const lists = tensor(Int32Array.of(0, 1, 2, 3, 5, 4, 3, 2, 11, 10, 9, 8, 1, 3, 5, 7), [2, 2, 4]);
  const members = ["first", "second"].map((stream) => create(log, true, stream));
  noGrad(() => {
    const opinions = members.map((member) => member.forward(batch).sigmoid().dataSync());
    const positions = lists.dataSync();
    const rewards = new JudgeEnsemble(members, 0).rewards(batch, lists).dataSync();
    rewards.forEach((reward, list) => {
      const own = positions.subarray(list * 4, (list + 1) * 4);
      const row = Math.floor(list / 2) * log.candidateCount;
      const expected = own.reduce((sum, item, t) => {
        return sum + (opinions[0][row + item] + opinions[1][row + item]) / 2 / Math.log2(t + 2);
      }, 0);
      near(reward, expected);
    });
    const joint = new JudgeEnsemble(members, 0).candidateLogits(batch)?.dataSync() ?? [];
    assert.is(joint.length, opinions[0].length);
    Array.from(joint, (logit, at) => near(sigmoid(logit), (opinions[0][at] + opinions[1][at]) / 2, 1e-6));
    const alone = new JudgeEnsemble(members.slice(0, 1), 0).candidateLogits(batch);
    assert.equal(alone?.dataSync(), members[0].forward(batch).dataSync());
  });
});

test("a judge of whole lists thinks of a candidate what the list of it alone is worth", () => {
  using _ = scope();
  const batch = candidateBatch(log, [0, 1]);
  const model = new RewardModel(world.catalogue, rewardOptions, random("reward model")).train(false);
  noGrad(() => {
    const opinion = candidateOpinion(new JudgeEnsemble([model], 0), batch);
    assert.equal(opinion.shape, [2, log.candidateCount]);
    const third = model.rewards(batch, tensor(Int32Array.of(3, 3), [2, 1, 1])).dataSync();
    near(opinion.dataSync()[3], third[0]);
    near(opinion.dataSync()[log.candidateCount + 3], third[1]);
  });
});

test("what it learned is calibrated: on other lists the mean p is the share that was shown and liked", async () => {
  const drawn = (stream: string, size: number) => withHistory(drawLog(world, { size, seed: 5, stream }), 5);
  const [training, held] = [drawn("training", 1200), drawn("held", 600)];
  const judge = create(training, true);
  const options = { ...DEFAULT_TRAINING, epochs: 3, batchSize: 32, learningRate: 1e-2, weightDecay: 0.1 };
  await train(scoringTask("judge", judge, pointwiseLoss, training, "negative"), options);
  using _ = scope();
  const p = await noGrad(() =>
    judge
      .train(false)
      .forward(candidateBatch(held, allRows(held)))
      .sigmoid()
      .mean()
      .item(),
  );
  const share = candidateLabels(held).reduce((sum, label) => sum + label, 0) / held.candidates.length;
  assert.ok(share > 0.05 && share < 0.5, `${share}`);
  near(p, share, 0.1 * share);
});

test.run();
