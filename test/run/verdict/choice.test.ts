/** The choice of a method: the simplest within noise of the best, never one that the retriever may be better than. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { METHODS } from "../../../src/methods/index.ts";
import { bySimplicity, SIMPLEST_FIRST } from "../../../src/methods/simplicity.ts";
import { choose, type MethodWorth } from "../../../src/run/verdict/choice.ts";
import { Random } from "../../../src/tensor/index.ts";

const LISTS = 60;

/** Requests that differ much, the same for all methods. */
const requests = (() => {
  const random = new Random({ seed: 1, stream: "requests", step: 0 });
  return Array.from({ length: LISTS }, () => random.uniform());
})();

/** So much better than the requests are, and off by `spread`, to either side in turn. */
function worth(name: string, lead: number, spread = 0): MethodWorth {
  const values = requests.map((value, i) => value + lead + (i % 2 === 0 ? spread : -spread));
  return { name, title: name.toUpperCase(), isServable: name !== "oracle", values };
}

const chosenOf = (...worths: MethodWorth[]) => choose(worths, "ndcg", 1).chosen;

test("of methods within noise of the best the simplest is chosen", () => {
  const { best, chosen, methods } = choose(
    [worth("random", -1), worth("mir", 0.101, 0.2), worth("prm", 0.1), worth("dnn", -0.5), worth("oracle", 2)],
    "ndcg",
    1,
  );
  assert.is(best, "mir");
  assert.is(chosen, "prm");
  assert.equal(
    methods.map(({ name, isWithinNoise }) => [name, isWithinNoise]),
    [
      ["dnn", true],
      ["prm", true],
      ["mir", true],
    ].map(([name], i) => [name, i > 0]),
  );
});

test("a method that is clearly better is chosen, however complex", () => {
  assert.is(chosenOf(worth("random", -1), worth("dnn", 0), worth("mg-e-100", 0.1, 0.01)), "mg-e-100");
  assert.is(
    chosenOf(worth("random", -1), worth("generator-evaluator-20", 0.1), worth("goalrank", 0)),
    "generator-evaluator-20",
  );
});

test("the retriever stays where no method is clearly above it", () => {
  assert.is(chosenOf(worth("retriever", 0), worth("prm", 0.01, 0.2)), "retriever");
  assert.is(chosenOf(worth("retriever", 0), worth("prm", 0.1, 0.01)), "prm");
});

test("a method within noise of the best and of the retriever is not taken for the simplest", () => {
  const retriever = worth("retriever", 0);
  const unsteady = worth("prm", 0.05, 0.3);
  const best = worth("mir", 0.06, 0.01);
  assert.is(chosenOf(retriever, unsteady, best), "mir");
});

test("leads are over random, over the retriever, and GoalRank's over the best of the simpler methods", () => {
  const choice = choose(
    [worth("random", -1), worth("retriever", 0), worth("dnn", 0.25), worth("goalrank", 0.5), worth("mg-e-3", 0.75)],
    "ndcg",
    1,
  );
  const round = (value: number | undefined) => value && Number(value.toFixed(6));
  assert.is(round(choice.overRandom?.mean), 1.75);
  assert.is(round(choice.overRetriever?.mean), 0.75);
  assert.is(choice.goalRank?.over, "dnn");
  assert.is(round(choice.goalRank?.mean), 0.25);
  assert.ok((choice.goalRank?.pValue ?? 1) < 0.001);
});

test("what is below a rival is not chosen where the best is not, and the rival itself never is", () => {
  const steady = worth("dnn", 0);
  const unsteady = worth("mir", 0.05, 0.5);
  const rival: MethodWorth = { ...worth("rival", 0.04), isServable: false };
  assert.is(chosenOf(worth("random", -1), steady, unsteady), "dnn");
  const choice = choose([worth("random", -1), steady, unsteady, rival], "ndcg", 1);
  assert.is(choice.chosen, "mir");
  assert.equal(
    choice.methods.map(({ name }) => name),
    ["dnn", "mir"],
  );
});

test("without validation lists nothing is chosen", () => {
  const none = (name: string): MethodWorth => ({ ...worth(name, 0), values: [] });
  assert.equal(choose([none("random"), none("dnn")], "ndcg", 1), { measure: "ndcg", lists: 0, methods: [] });
});

test("every method that can be served has its place in the order of simplicity", () => {
  const servable = METHODS.map(({ name }) => name).filter((name) => !/random|logging-policy|oracle/.test(name));
  assert.equal(servable.toSorted(), SIMPLEST_FIRST.toSorted());
  const named = ["generator-evaluator-20", "goalrank", "dnn", "retriever"].map((name) => ({ name }));
  assert.equal(bySimplicity(named), named.toReversed());
});

test.run();
