/** ListNet: its loss by hand, and that it scores by the mean of its networks. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { candidateBatch } from "../../src/data/batch.ts";
import { ListNet, listNetLoss } from "../../src/methods/list-net.ts";
import { noGrad, tensor } from "../../src/tensor/index.ts";
import { world } from "../small-world.ts";
import { lists32, random } from "./small-context.ts";

test("the loss is the cross-entropy of softmax(grade) and softmax(score), the mean over requests", () => {
  // Grades 2, 0 and 1, 1 of at most 2: gains 1, 0 and 1/3, 1/3.
  const loss = listNetLoss(
    tensor([
      [1, 0],
      [0, 3],
    ]),
    tensor([
      [1, 0],
      [1 / 3, 1 / 3],
    ]),
    2,
  );
  const crossEntropy = (shares: number[], scores: number[]) => {
    const total = Math.log(scores.reduce((sum, score) => sum + Math.exp(score), 0));
    return -shares.reduce((sum, share, n) => sum + share * (scores[n] - total), 0);
  };
  const top = Math.exp(2) / (Math.exp(2) + 1);
  const expected = (crossEntropy([top, 1 - top], [1, 0]) + crossEntropy([0.5, 0.5], [0, 3])) / 2;
  assert.ok(Math.abs(loss.dataSync()[0] - expected) < 1e-6);
});

test("candidates are scored by the mean of all networks, which begin apart", () => {
  const model = new ListNet(world.catalogue, { width: 8, dropoutRate: 0, seed: 1 }, random("ListNet"), 3).train(false);
  const batch = candidateBatch(lists32, [0, 1]);
  const [mean, ...each] = noGrad(() => [model.forward(batch), ...model.networks.map((own) => own.forward(batch))]).map(
    (scores) => scores.dataSync(),
  );
  mean.forEach((score, at) => {
    assert.ok(Math.abs(score - (each[0][at] + each[1][at] + each[2][at]) / 3) < 1e-6);
  });
  assert.not.equal(each[0], each[1]);
});

test.run();
