/**
 * From arrays to a ranked list: who met which item, when, and how much they liked it; nothing else is needed.
 *
 *   npx tsx examples/from-arrays.ts ranker.safetensors    # keeps the ranker there
 */
import { writeFileSync } from "node:fs";
import { trainRanker } from "goalrank";
import { Random } from "goalrank/tensor";

// 200 people watch 24 of 80 films, mostly of the genre that they like, and give stars; in this order.
const GENRES = ["comedy", "drama", "horror", "western"];
const random = new Random({ seed: 1, stream: "films", step: 0 });
const events = Array.from({ length: 200 }, (_, user) => {
  const watches = (film: number) => film % 4 === user % 4 || film % 5 === 0;
  const watched = [...random.permutation(80)].filter(watches).slice(0, 24);
  const stars = (film: number) => (film % 4 === user % 4 ? 5 : 2);
  return watched.map((film) => ({ user, item: `${GENRES[film % 4]} ${film}`, feedback: stars(film) }));
}).flat();

// The retriever proposes candidates. It learns from the first half alone, since it scores what it has seen too high.
const lists = { listLength: 4, candidateCount: 20, retriever: "item-neighbours", retrieverFraction: 0.5 } as const;
const often = { epochs: 4, batchSize: 8, learningRate: 0.005 };
const models = { feedbackTraining: often, imitationTraining: often, rewardTraining: often, policyTraining: often };
// `deploy` keeps GoalRank, whatever the verdict: the examples that read the file are of it.
const { ranker, file, report } = await trainRanker(events, { ...lists, ...models, deploy: "goalrank" });
for (const { method, hit } of report.result.rows) console.log(`${method}: H@4 ${(100 * hit).toFixed(1)} %`);
console.log(report.result.verdict.text);
const { items } = await ranker.rank({ history: ["western 3", "western 7"] });
console.log("for somebody who liked two westerns:", items.join(", "));
if (process.argv[2] !== undefined) writeFileSync(process.argv[2], file);
