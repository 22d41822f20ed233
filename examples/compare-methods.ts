/**
 * Several methods on the same log: trained alike, compared on the same held-out lists, and any of them at work.
 *
 *   npx tsx examples/compare-methods.ts
 *   npx tsx examples/compare-methods.ts prm mir goalrank
 */
import { loadRanker, trainRanker } from "goalrank";
import { METHODS } from "goalrank/methods";
import { Random } from "goalrank/tensor";
import { formatComparison } from "goalrank/train";

// What there is: the paper's table 1, and what it is measured against.
for (const { name, title, family } of METHODS) console.log(`${name.padEnd(18)} ${family}: ${title}`);

// 200 people watch 24 of 80 films, mostly of the genre that they like, and give stars; in this order.
const GENRES = ["comedy", "drama", "horror", "western"];
const random = new Random({ seed: 1, stream: "films", step: 0 });
const events = Array.from({ length: 200 }, (_, user) => {
  const watches = (film: number) => film % 4 === user % 4 || film % 5 === 0;
  const watched = [...random.permutation(80)].filter(watches).slice(0, 24);
  const stars = (film: number) => (film % 4 === user % 4 ? 5 : 2);
  return watched.map((film) => ({ user, item: `${GENRES[film % 4]} ${film}`, feedback: stars(film) }));
}).flat();

// All learn from the same lists. `deploy` names the one that is kept as a ranker.
const given = process.argv.slice(2);
const methods = given.length === 0 ? ["prm", "goalrank"] : given;
const lists = { listLength: 4, candidateCount: 20, retriever: "item-neighbours", retrieverFraction: 0.5 } as const;
const often = { epochs: 4, batchSize: 8, learningRate: 0.005 };
const models = { feedbackTraining: often, imitationTraining: often, rewardTraining: often, policyTraining: often };
const settings = { methods, deploy: methods.at(-1) ?? "goalrank", ...lists, ...models };
const { ranker, file, report } = await trainRanker(events, settings, {
  onProgress({ stage, step, totalSteps, metrics }) {
    if (step === totalSteps) console.error(`${stage}: ${step} steps, loss ${metrics.loss.toFixed(3)}`);
  },
});
ranker.dispose();
console.log(`\n${formatComparison(report.result)}`);

// Its file is all that another process, or a page, needs.
const again = await loadRanker(file);
const { items } = await again.rank({ history: ["western 3", "western 7"] });
console.log(`\n${again.description.title} for somebody who liked two westerns: ${items.join(", ")}`);
again.dispose();
