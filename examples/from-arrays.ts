/**
 * From arrays to a ranked list: who met which item, when, and how much they liked it, is all that it takes.
 *
 *   npx tsx examples/from-arrays.ts ranker.safetensors    # the file to keep the ranker in
 */
import { writeFileSync } from "node:fs";
import { trainRanker } from "goalrank";
import { Random } from "goalrank/tensor";

// 60 people gave stars to 30 of 40 films each. Everybody likes one genre.
const GENRES = ["comedy", "drama", "horror", "western"];
const events = Array.from({ length: 60 }, (_, person) => {
  const seen = new Random({ seed: 1, stream: "films", step: person }).permutation(40).subarray(0, 30);
  return Array.from(seen, (film, timestamp) => {
    const stars = film % 4 === person % 4 ? 5 : 2;
    return { user: `person ${person}`, item: `${GENRES[film % 4]} ${film}`, feedback: stars, timestamp };
  });
}).flat();

// So few lists are seen often, in small batches; for a real log the usual settings are a good start.
const often = { epochs: 6, batchSize: 8, learningRate: 0.01 };
const { ranker, file } = await trainRanker(events, {
  ...{ listLength: 5, candidateCount: 12, retriever: "popularity" },
  ...{ feedbackTraining: often, imitationTraining: often, rewardTraining: often, policyTraining: often },
});

const disliked = { item: "drama 1", feedback: 0 };
const { items } = await ranker.rank({ history: ["western 3", disliked, "western 7"] });
console.log("for somebody who liked two westerns:", items.join(", "));
if (process.argv[2] !== undefined) writeFileSync(process.argv[2], file);
