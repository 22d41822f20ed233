/**
 * Trains a list-wise ranker and shows what it learned: reward model, DNN and GoalRank on the embedded world, or with
 * `--data` on your own log. It is `goalrank train all`, with the embedded world where no data is named.
 *
 *   npx tsx examples/train.ts
 *   npx tsx examples/train.ts --data ratings.dat --format movielens --max-lists 20000
 *   npx tsx examples/train.ts --out runs/first; npx tsx examples/train.ts --resume runs/first
 *   npx tsx examples/train.ts --help
 */
import { runCommandLine } from "../src/cli/command-line.ts";

await runCommandLine(["train", "all", ...process.argv.slice(2)], {
  resume: "npx tsx examples/train.ts --resume",
  fallback: { values: { data: { scenario: "default" } }, place: () => "examples/train.ts" },
});
