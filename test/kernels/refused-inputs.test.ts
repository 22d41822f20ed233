/** What operations refuse by the numbers in a tensor: kernels cannot throw, so the reference does it for them. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { CpuDevice } from "../../src/kernels/index.ts";
import { chooseNext, embedding, gumbelTopK, tensor } from "../../src/tensor/index.ts";
import { throwsMessage } from "../throws-message.ts";

const test = suite("refused inputs");

const device = new CpuDevice({ threads: 2, sharedWork: 0 });
const floats = (values: readonly number[], shape: readonly number[]) => tensor(values, shape, { device });
const integers = (values: readonly number[], shape: readonly number[]) =>
  tensor(Int32Array.from(values), shape, { device });
const key = { seed: 1, stream: "test", step: 0 };

test("an index outside of the rows is an error that names it", () => {
  const x = floats([1, 2, 3, 4, 5, 6], [3, 2]);
  const message = (name: string, index: number) => `${name}: index ${index} at position 1 is outside 0 to 2`;
  throwsMessage(() => embedding(x, integers([2, 3], [2])), message("embedding", 3));
  throwsMessage(() => x.takeRows(integers([2, -1], [2])), message("takeRows", -1));
  throwsMessage(() => floats([1, 2, 3], [3]).takeAlongLast(integers([0, 3], [2])), message("takeAlongLast", 3));
});

test("a row that has nothing left to choose is an error that names it", () => {
  const free = integers([0, 1, 0, 0], [2, 2]);
  for (const sampling of [undefined, { temperature: 2, key }]) {
    throwsMessage(
      () => chooseNext(floats([1, 2, 3, 4], [2, 2]), free, sampling),
      "chooseNext: row 1 has no free candidate",
    );
  }
});

test("a list longer than what the mask keeps is an error that names the row", () => {
  const logits = floats([1, 2, 3, 4], [2, 2]);
  const mask = integers([1, 1, 0, 1], [2, 2]);
  throwsMessage(
    () => gumbelTopK(logits, { lists: 2, length: 2, key, mask }),
    "gumbelTopK: the mask of row 1 keeps 1 elements, expected 2",
  );
});

test("a logit of minus infinity is taken last, not refused", () => {
  const logits = floats([Number.NEGATIVE_INFINITY, 0, 1], [1, 3]);
  const lists = gumbelTopK(logits, { lists: 3, length: 3, key });
  for (let list = 0; list < 3; list++) assert.is(lists.dataSync()[3 * list + 2], 0);
});

test.run();
