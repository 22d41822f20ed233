/** Turns, and what a latency trial says. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { chooseDataset } from "../../src/experiments/datasets.ts";
import { countingOperations } from "../../src/experiments/named/brief-training.ts";
import { latency } from "../../src/experiments/named/latency.ts";
import { largeProduct, timeInTurns } from "../../src/experiments/named/latency-measurement.ts";
import { full } from "../../src/tensor/index.ts";

const test = suite("latency");

test("contenders take turns, each first as often, and their operations are their own", async () => {
  const order: string[] = [];
  const timed = await countingOperations((device) => {
    const work = (name: string, side: number) => ({
      name,
      async run() {
        order.push(name);
        full([side, side], 1).matmul(full([side, side], 1));
      },
    });
    return timeInTurns([work("a", 2), work("b", 3), work("c", 4)], 6, device);
  });
  assert.equal(
    timed.map(({ name, operations, seconds }) => [name, Math.round(operations), seconds.length]),
    [
      ["a", 2 * 2 ** 3, 6],
      ["b", 2 * 3 ** 3, 6],
      ["c", 2 * 4 ** 3, 6],
    ],
  );
  const rounds = Array.from({ length: order.length / 3 }, (_, i) => order.slice(3 * i, 3 * i + 3));
  for (const round of rounds) assert.is(new Set(round).size, 3);
  const firsts = rounds.slice(3).map(([first]) => first);
  assert.equal(firsts.toSorted(), ["a", "a", "b", "b", "c", "c"]);
});

test("the peak is taken from a large product, whose operations are counted", async () => {
  const [product] = await countingOperations((device) => timeInTurns([largeProduct()], 1, device));
  assert.is(product.operations, 2 * 512 ** 3);
});

test("a trial measures every contender, and larger fleets do more for an answer", async () => {
  const dataset = await chooseDataset({ name: "tiny" });
  const [trial] = latency.trials({ seeds: [1], dataset });
  const work = { ...trial.work, shared: dataset.shared, rounds: 2, contestants: ["goalrank", "mg-e-3", "mg-e-20"] };
  const { metrics } = (await latency.works?.latency(work as never, {
    label: trial,
    dataFolder: undefined,
    root: "",
    context: {},
  })) ?? { metrics: {} };
  for (const name of work.contestants) {
    assert.ok(metrics[`${name} p50`] > 0);
    assert.ok(metrics[`${name} p50`] <= metrics[`${name} p99`]);
    assert.ok(metrics[`${name} utilisation`] > 0);
  }
  assert.ok(metrics["goalrank operations"] < metrics["mg-e-3 operations"]);
  assert.ok(metrics["mg-e-3 operations"] < metrics["mg-e-20 operations"]);
  assert.ok(metrics.threads >= 1);
});

test.run();
