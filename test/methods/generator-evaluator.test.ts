/** Generator-evaluators: the temperature that they choose, and that it is taken up again. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { candidateBatch } from "../../src/data/batch.ts";
import { allRows } from "../../src/data/labels.ts";
import { predictedRewards } from "../../src/goalrank/judge.ts";
import { generatorEvaluator, imitationEvaluator } from "../../src/methods/generator-evaluator.ts";
import { bestByJudge, chooseTemperature, scorerSource } from "../../src/methods/list-sources.ts";
import { sharedModel } from "../../src/methods/method.ts";
import { decodeRanker, encodeRanker } from "../../src/ranker/ranker-file.ts";
import { noGrad, scope, tensor } from "../../src/tensor/index.ts";
import { log } from "../small-world.ts";
import { assertRanked, createSchool, judgeOf, learned, lists32 } from "./small-context.ts";

const test = suite("generator-evaluators");

const school = await createSchool(lists32);
const judge = judgeOf(school);
const { listLength: length } = log;

test("of each request's lists the judge's favourite is taken, the first of equal ones, with its reward", async () => {
  using _ = scope();
  const lists = tensor(Int32Array.of(0, 1, 2, 3, 3, 2, 1, 0, 0, 1, 2, 3, 4, 5, 6, 7), [2, 2, length]);
  const opinions = [
    [1, 3, 2, 2],
    [0.5, 0.25, -1, -0.5],
  ];
  for (const opinion of opinions) {
    const own = { rewards: () => tensor(opinion, [2, 2]) };
    const batch = candidateBatch(log, [0, 1]);
    const scores = tensor(new Float32Array(2 * log.candidateCount), [2, log.candidateCount]);
    const best = await bestByJudge(own, batch, lists, scores);
    const chosen = [opinion[1] > opinion[0] ? 1 : 0, opinion[3] > opinion[2] ? 1 : 0];
    const all = [...lists.dataSync()];
    const listAt = (place: number) => all.slice(place * length, (place + 1) * length);
    assert.equal([...best.lists], [...listAt(chosen[0]), ...listAt(2 + chosen[1])]);
    assert.equal([...best.rewards], [opinion[chosen[0]], opinion[2 + chosen[1]]]);
  }
});

test("more lists please the judge more, and its lists are distinct candidates", async () => {
  let before = Number.NEGATIVE_INFINITY;
  for (const lists of [1, 8, 64]) {
    for (const method of [generatorEvaluator(lists), imitationEvaluator(lists)]) {
      assertRanked(log, await (await learned(method, school)).rank(log));
    }
    const ranked = await (await learned(imitationEvaluator(lists), school)).rank(log);
    const rewards = await predictedRewards(judge, log, ranked.lists);
    const total = rewards.reduce((sum, reward) => sum + reward, 0);
    assert.ok(total > before, `${lists} lists: ${total}, before ${before}`);
    before = total;
  }
});

test("the temperature is that whose choices the judge likes best", async () => {
  const pointwise = sharedModel(school.models.context, "pointwise");
  const asked: number[] = [];
  const sourceAt = (temperature: number) => {
    asked.push(temperature);
    return scorerSource(pointwise, temperature);
  };
  const options = { lists: 5, seed: 3 };
  const offered = [0.1, 0.5, 1];
  const chosen = await chooseTemperature(sourceAt, judge, lists32, options, offered);
  assert.equal(asked, offered);
  const totals = [];
  for (const temperature of offered) {
    using _ = scope();
    const batch = candidateBatch(lists32, allRows(lists32));
    const key = { seed: 3, stream: "generator-evaluator", step: 0 };
    const drawn = noGrad(() => scorerSource(pointwise, temperature)(batch, 5, length, key));
    const { rewards } = await bestByJudge(judge, batch, drawn.lists, drawn.scores);
    totals.push(rewards.reduce((sum, reward) => sum + reward, 0));
  }
  assert.is(chosen, offered[totals.indexOf(Math.max(...totals))]);
});

test("a temperature that is told is not chosen", async () => {
  const told = (temperature: number) => ({ "generator-evaluator-5": { temperature } });
  const create = (temperature: number) =>
    generatorEvaluator(5).create({ ...school.models.context, tuned: told(temperature) });
  const instance = create(0.37);
  await instance.learn?.(school.lesson);
  assert.equal(instance.choices?.get(), { temperature: 0.37 });
  const chosen = create(0);
  await chosen.learn?.(school.lesson);
  assert.equal(chosen.choices?.get(), (await learned(generatorEvaluator(5), school)).choices?.get());
  assert.throws(() => create(-1), /must not be negative, got -1/);
  const imitation = (temperature: number) =>
    imitationEvaluator(3)
      .create({ ...school.models.context, tuned: { "imitation-evaluator-3": { temperature } } })
      .rank(lists32);
  assert.not.equal((await imitation(0.01)).lists, (await imitation(1)).lists);
});

test("the temperature that was learned is written, read back, and taken up again", async () => {
  const method = generatorEvaluator(5);
  const { models } = school;
  const instance = await learned(method, school);
  const { temperature } = instance.choices?.get() ?? {};
  assert.ok([0.1, 0.2, 0.3, 0.5, 1].includes(Number(temperature)), `${temperature}`);
  const answers = [];
  for (const chosen of [0.1, 0.37, 5]) {
    instance.choices?.set({ temperature: chosen });
    const source = { method, instance, models, retriever: undefined, training: {} };
    const { choices } = decodeRanker(await encodeRanker(source));
    assert.equal(choices, { temperature: chosen });
    const again = method.create(models.context);
    again.choices?.set(choices ?? {});
    const ranked = await again.rank(log);
    assert.equal(ranked, await instance.rank(log));
    answers.push(String(ranked.lists));
  }
  assert.is(new Set(answers).size, 3, "the temperature makes a difference");
});

test.run();
