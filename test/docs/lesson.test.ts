/** Every number of the lesson, computed again by the library. */
import { readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { FILMS, LISTS, type List, titles, truth } from "../../examples/course/six-films.ts";
import { groupCrossEntropy, tensor } from "../../src/tensor/index.ts";
import { runExample } from "../examples/run-example.ts";

const lesson = readFileSync("docs/lesson.md", "utf8");
/** The cells of the table whose first column is called `head`. */
function table(head: string): string[][] {
  const lines = lesson.split("\n");
  const start = lines.findIndex((line) => line.startsWith(`| ${head} |`)) + 2;
  const end = lines.findIndex((line, at) => at > start && !line.startsWith("|"));
  return lines.slice(start, end).map((line) => line.slice(2, -2).split(" | "));
}
const number = (text: string) => Number(text.replace("−", "-").replace("+", ""));
const listOf = (title: string): List => title.split(", ").map((film) => FILMS.indexOf(film));
const near = (printed: string, exact: number) =>
  assert.ok(Math.abs(number(printed) - exact) < 0.00051, `printed ${printed}, computed ${exact}`);

/** Westerns of weight 2, other films of weight 1, drawn in proportion and without a film twice. */
function logProbability(list: List): number {
  const weight = (film: number) => (film < 2 ? 2 : 1);
  let left = 8;
  return list.reduce((sum, film) => {
    const term = Math.log(weight(film) / left);
    left -= weight(film);
    return sum + term;
  }, 0);
}

const rows = table("list");
const lists = rows.map(([title]) => listOf(title));

test("the group's rewards, z, reference policy and log-probabilities are the library's", async () => {
  const rewards = lists.map(truth);
  const logs = lists.map(logProbability);
  const { loss, referencePolicy } = groupCrossEntropy(tensor([rewards]), tensor([logs]).requireGrad());
  const shares = await referencePolicy.data();
  const mean = rewards.reduce((sum, reward) => sum + reward) / 4;
  const deviation = Math.sqrt(rewards.reduce((sum, reward) => sum + (reward - mean) ** 2, 0) / 4);
  const total = logs.reduce((sum, log) => sum + Math.exp(log), 0);
  rows.forEach(([, reward, z, share, log, own], i) => {
    near(reward, rewards[i]);
    near(z, (rewards[i] - mean) / deviation);
    near(share, shares[i]);
    near(log, logs[i]);
    near(own, Math.exp(logs[i]) / total);
  });
  const moves =
    lesson
      .match(/^\+0\.\d+(, [+−]0\.\d+){3}\.$/m)?.[0]
      .slice(0, -1)
      .split(", ") ?? [];
  assert.is(moves.length, 4);
  for (const [i, move] of moves.entries()) near(move, shares[i] - Math.exp(logs[i]) / total);
  near(lesson.match(/^loss = .* = (\S+)$/m)?.[1] ?? "", (await loss.data())[0]);
});

test("the gradient with respect to log pi is minus the reference policy", async () => {
  const logs = tensor([lists.map(logProbability)]).requireGrad();
  const { loss, referencePolicy } = groupCrossEntropy(tensor([lists.map(truth)]), logs);
  loss.sum().backward();
  const [gradient, shares] = [(await logs.grad?.data()) ?? [], await referencePolicy.data()];
  for (const [i, share] of shares.entries()) assert.ok(Math.abs(gradient[i] + share) < 1e-6);
});

test("what the reference policy over all lists comes to, by temperature", () => {
  const rewards = LISTS.map(truth);
  const mean = rewards.reduce((sum, reward) => sum + reward) / LISTS.length;
  const deviation = Math.sqrt(rewards.reduce((sum, reward) => sum + (reward - mean) ** 2, 0) / LISTS.length);
  const rowsByTemperature = table("T");
  assert.is(rowsByTemperature.length, 4);
  for (const [temperature, expected, best] of rowsByTemperature) {
    const weights = rewards.map((reward) => Math.exp((reward - mean) / deviation / Number(temperature)));
    const total = weights.reduce((sum, weight) => sum + weight);
    near(expected, rewards.reduce((sum, reward, i) => sum + weights[i] * reward, 0) / total);
    near(best, Math.max(...weights) / total);
  }
  near(lesson.match(/drawn at random is (\S+) here/)?.[1] ?? "", mean);
});

test("the best list is the one that the lesson names, and the greedy one is not", () => {
  const [best] = [...LISTS].sort((a, b) => truth(b) - truth(a));
  assert.is(titles(best), "western A, comedy A, drama A");
  assert.ok(lesson.includes(`*${titles(best)}*, of which ${truth(best).toFixed(3)} films`));
  assert.ok(lesson.includes(`gets ${truth([0, 1, 2]).toFixed(3)}.`));
});

test("what the third lecture prints of its judge is what the lesson says of it", () => {
  const { output } = runExample("examples/course/3-reward-model.ts");
  const correlation = (which: string) =>
    Number(output.match(`list judge, ${which} +correlation with the truth (.*)`)?.[1]);
  const said = lesson.match(/has a correlation of (\S+) with the[^.]*most, and of (\S+) over/s);
  assert.is(Number(said?.[1]), Number(correlation("the 40 most shown").toFixed(2)));
  assert.is(Number(said?.[2]), Number(correlation("the 40 least shown").toFixed(2)));
});

test.run();
