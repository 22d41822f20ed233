/**
 * A product's rules for a list: what must not be in it, what stands at which place, how much of one kind there may be.
 * The list is still the ranker's: what it likes best within the rules.
 *
 *   npx tsx examples/from-arrays.ts ranker.safetensors
 *   npx tsx examples/constraints.ts ranker.safetensors
 */
import { loadRanker, type RankedList, RankRequestError } from "goalrank";

const ranker = await loadRanker(process.argv[2] ?? "ranker.safetensors");
const history = ["horror 2", "horror 6", "horror 10"];
const candidates = ranker.items.filter((item) => !history.includes(item));
const request = { history, candidates, length: 4 };
const show = (what: string, { items, logProbability }: RankedList) =>
  console.log(`${what}: ${items.join(", ")} (log-probability ${logProbability.toFixed(2)})`);

const free = await ranker.rank(request);
show("without rules", free);

// What somebody has hidden, or has seen elsewhere.
const exclude = free.items.slice(0, 2);
show("without the first two", await ranker.rank({ ...request, constraints: { exclude } }));

// What was promised. Positions are counted from 0.
const pins = [{ item: "western 23", position: 1 }];
show("western 23 in second place", await ranker.rank({ ...request, constraints: { pins } }));

// At most two films of a genre; an item may also be of none.
const of = Object.fromEntries(candidates.map((item) => [item, item.split(" ")[0]]));
const categories = { of, limit: 2 };
show("two of a genre", await ranker.rank({ ...request, constraints: { categories } }));
show("all of it", await ranker.rank({ ...request, constraints: { exclude, pins, categories } }));

// Rules that no list can meet are an error that says why, before anything is ranked.
const two = [...pins, { item: "comedy 0", position: 1 }];
await ranker.rank({ ...request, constraints: { pins: two } }).catch((error: unknown) => {
  if (!(error instanceof RankRequestError)) throw error;
  console.log(`two in one place: ${error.message}`);
});
ranker.dispose();
