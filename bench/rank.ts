/**
 * How long a ranker takes to answer: one request at a time, and many together. N = 50 candidates, lists of L = 6,
 * D = 128, two blocks in the encoder and two in the decoder, on the CPU device.
 *
 *   npx tsx bench/rank.ts [--threads N] [--json]
 */
import Table from "cli-table3";
import { Command } from "commander";
import { loadRanker } from "../src/ranker/load-ranker.ts";
import type { Ranker } from "../src/ranker/ranker.ts";
import type { RankRequest } from "../src/ranker/requests.ts";
import { randomRanker, randomRequests } from "./measure/random-ranker.ts";

const WARM_UP = 100;
const SAMPLES = 1000;
const BATCHES = [1, 4, 16, 64];

const program = new Command("rank")
  .option("--threads <count>", "threads of the CPU device", Number, 1)
  .option("--json", "print one line of JSON for each batch size")
  .parse();
const { threads, json } = program.opts<{ threads: number; json?: boolean }>();

/** Milliseconds of each call with `size` requests, sorted. */
async function measure(ranker: Ranker, requests: readonly RankRequest[], size: number): Promise<number[]> {
  const calls = Math.max(20, Math.ceil(SAMPLES / size));
  const times: number[] = [];
  for (let call = -Math.ceil(WARM_UP / size); call < calls; call++) {
    const start = Math.abs(call * size) % (requests.length - size + 1);
    const own = requests.slice(start, start + size);
    const started = performance.now();
    await ranker.rankMany(own);
    if (call >= 0) times.push(performance.now() - started);
  }
  return times.sort((a, b) => a - b);
}

const ranker = await loadRanker(await randomRanker(), { device: "cpu", threads });
const requests = randomRequests(1000);
const table = new Table({
  head: ["requests together", "median, ms", "p90", "p99", "requests/s"],
  colAligns: ["right", "right", "right", "right", "right"],
  style: { head: [], border: [], compact: true },
});
for (const size of BATCHES) {
  const times = await measure(ranker, requests, size);
  const at = (fraction: number) => times[Math.floor(fraction * (times.length - 1))];
  const result = { threads, together: size, median_ms: at(0.5), p90_ms: at(0.9), p99_ms: at(0.99) };
  const rate = (1000 * size) / result.median_ms;
  if (json) console.log(JSON.stringify({ ...result, requests_per_second: rate }));
  const cells = [result.median_ms, result.p90_ms, result.p99_ms].map((value) => value.toFixed(2));
  table.push([size, ...cells, rate.toFixed(0)]);
}
if (!json) console.log(table.toString());
ranker.dispose();
