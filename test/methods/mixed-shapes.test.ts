/** Every method learns from requests of different size together, and answers them as it answers each alone. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { selectRows } from "../../src/data/dataset.ts";
import { allRows } from "../../src/data/labels.ts";
import { selectShape, shapeOf } from "../../src/data/shapes.ts";
import { METHODS } from "../../src/methods/index.ts";
import { LOGGING_POLICY, ORACLE } from "../../src/methods/references.ts";
import { evaluateLists, requestMetrics } from "../../src/run/evaluate-lists.ts";
import { trimmedRows } from "../mixed-lists.ts";
import { createContextualSchool, createSchool, learned, lists32, withHistory } from "./small-context.ts";

const test = suite("requests of different size");

/** Whole requests, some with as many candidates as positions, and some of one position. */
const mixed = trimmedRows(withHistory(lists32), [
  [lists32.candidateCount, lists32.listLength],
  [3, 3],
  [5, 2],
  [2, 1],
]);
const school = await createSchool(mixed);
const contextual = await createContextualSchool(mixed);
const asked = selectRows(mixed, allRows(mixed).subarray(0, 9));

for (const method of METHODS.filter((method) => method !== LOGGING_POLICY && method !== ORACLE)) {
  test(`${method.title} learns from them and answers them`, async () => {
    const instance = await learned(method, method.answersWith.includes("contextual") ? contextual : school);
    const ranked = await instance.rank(asked);
    for (let row = 0; row < asked.size; row++) {
      const { candidateCount, listLength } = shapeOf(asked, row);
      const list = [...ranked.lists.subarray(row * asked.listLength, (row + 1) * asked.listLength)];
      const own = list.slice(0, listLength);
      assert.is(new Set(own).size, listLength);
      assert.ok(own.every((position) => position >= 0 && position < candidateCount));
      assert.ok(list.slice(listLength).every((position) => position === -1));
      const alone = await instance.rank(selectShape(asked, [row]));
      // What draws at random draws by batch.
      if (!/^random|evaluator|^mg-e/.test(method.name)) assert.equal([...alone.lists], own);
    }
    const { hit, users } = evaluateLists(asked, ranked);
    assert.ok(hit > 0 && hit <= 1 && users > 0);
  });
}

test("a request is measured by as many places as its list has", () => {
  const { candidateCount, listLength, size } = asked;
  const lists = new Int32Array(size * listLength).fill(-1);
  for (let row = 0; row < size; row++) {
    const own = asked.exposed.subarray(row * listLength, row * listLength + shapeOf(asked, row).listLength);
    lists.set(own, row * listLength);
  }
  const metrics = requestMetrics(asked, { lists, scores: new Float32Array(size * candidateCount) });
  metrics.forEach((own, row) => {
    const liked = asked.feedback.subarray(row * listLength, (row + 1) * listLength).reduce((sum, y) => sum + y, 0);
    if (liked === 0) assert.is(own, undefined);
    else assert.is(own?.hit, liked / shapeOf(asked, row).listLength);
  });
});

test.run();
