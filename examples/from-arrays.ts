/**
 * From arrays to a ranked list: who met which item, when, and how much they liked it; nothing else is needed.
 *
 *   npx tsx examples/from-arrays.ts
 */
import { trainRanker } from "goalrank";
import { Random } from "goalrank/tensor";

// 200 people watch 24 of 80 films, mostly of the genre that they like, and give stars.
const GENRES = ["comedy", "drama", "horror", "western"];
const films = Array.from({ length: 80 }, (_, n) => `${GENRES[n % 4]} ${n}`);
const random = new Random({ seed: 1, stream: "films", step: 0 });
const events = Array.from({ length: 200 }, (_, person) => {
  const watches = (film: number) => film % 4 === person % 4 || film % 5 === 0;
  const watched = [...random.permutation(films.length)].filter(watches).slice(0, 24);
  return watched.map((film, timestamp) => {
    const feedback = film % 4 === person % 4 ? 5 : 2;
    return { user: `person ${person}`, item: films[film], feedback, timestamp };
  });
}).flat();

// The retriever, which proposes candidates, learns from the first half of the log alone: scores of what it has seen would
// mean something else than those of what it will meet.
const { ranker, report } = await trainRanker(events, {
  listLength: 4,
  candidateCount: 20,
  retriever: "item-neighbours",
  retrieverFraction: 0.5,
});
for (const { method, hit } of report.result.rows) {
  console.log(`${method}: ${(100 * hit).toFixed(1)} % of what people liked is in the first 4`);
}

const { items } = await ranker.rank({ user: "person 2" });
console.log("for person 2, who likes horror:", items);
const stranger = await ranker.rank({ history: ["western 3", "western 7", { item: "drama 1", feedback: 0 }] });
console.log("for somebody who liked two westerns:", stranger.items);
ranker.dispose();
