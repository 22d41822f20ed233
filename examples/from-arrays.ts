/**
 * From arrays to a ranked list: who met which item, when, and how much they liked it; nothing else is needed.
 *
 *   npx tsx examples/from-arrays.ts
 */
import { trainRanker } from "goalrank";

// 60 people give stars to 40 of 80 films each, and like one genre.
const GENRES = ["comedy", "drama", "horror", "western"];
const events = Array.from({ length: 60 * 40 }, (_, n) => {
  const [person, time] = [n % 60, Math.floor(n / 60)];
  const film = (7 * person + 11 * time) % 80;
  const isLiked = film % 4 === person % 4;
  return {
    user: `person ${person}`,
    item: `${GENRES[film % 4]} ${film}`,
    feedback: isLiked ? 5 : 2,
    timestamp: time,
  };
});

const { ranker, report } = await trainRanker(events, { listLength: 5, candidateCount: 20 });
for (const { method, hit } of report.result.rows) {
  console.log(`${method}: ${(100 * hit).toFixed(1)} % of what people liked is in the first 5`);
}

const { items } = await ranker.rank({ user: "person 2" });
console.log("for person 2, who likes horror:", items);
const stranger = await ranker.rank({ history: ["western 3", "western 7", { item: "drama 1", feedback: 0 }] });
console.log("for somebody who liked two westerns:", stranger.items);
ranker.dispose();
