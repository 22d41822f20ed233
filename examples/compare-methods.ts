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

// 60 people gave stars to 30 of 40 films each. Everybody likes one genre.
const GENRES = ["comedy", "drama", "horror", "western"];
const events = Array.from({ length: 60 }, (_, person) => {
  const seen = new Random({ seed: 1, stream: "films", step: person }).permutation(40).subarray(0, 30);
  return Array.from(seen, (film, timestamp) => {
    const stars = film % 4 === person % 4 ? 5 : 2;
    return { user: `person ${person}`, item: `${GENRES[film % 4]} ${film}`, feedback: stars, timestamp };
  });
}).flat();

// All learn from the same requests for as many epochs. `deploy` names the one that is kept as a ranker.
const given = process.argv.slice(2);
const methods = given.length === 0 ? ["prm", "goalrank"] : given;
const often = { epochs: 6, batchSize: 8, learningRate: 0.01 };
const { ranker, file, report } = await trainRanker(
  events,
  {
    ...{
      methods,
      deploy: methods.at(-1) ?? "goalrank",
      listLength: 5,
      candidateCount: 12,
      retriever: "popularity",
    },
    ...{ feedbackTraining: often, imitationTraining: often, rewardTraining: often, policyTraining: often },
  },
  {
    onProgress({ stage, step, totalSteps, metrics }) {
      if (step === totalSteps) console.error(`${stage}: ${step} steps, loss ${metrics.loss.toFixed(3)}`);
    },
  },
);
ranker.dispose();
console.log(`\n${formatComparison(report.result)}`);

// Its file is all that another process, or a page, needs.
const again = await loadRanker(file);
const { items } = await again.rank({ user: "person 2", history: ["horror 2", "horror 6"] });
console.log(`\n${again.description.title} for person 2: ${items.join(", ")}`);
again.dispose();
