/**
 * What `goalrank serve` holds. Starts the real server on a ranker with random weights (N = 50 candidates, lists of L = 6,
 * D = 128, two blocks in the encoder and two in the decoder) and asks from another process: at the given rate; as fast as
 * it answers, to find its capacity; at twice the capacity, where it must refuse; and at the given rate again.
 *
 *   npx tsx bench/serve.ts
 *   npx tsx bench/serve.ts --rate 200 --seconds 10 --json -- --workers 2 --serve.batch.milliseconds 4
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { randomRanker } from "./measure/random-ranker.ts";
import { describeEnvironment, formatHeader, makeTable } from "./measure/report.ts";
import { type LoadOptions, type LoadReport, loadServer } from "./serving/load.ts";

const program = new Command("serve")
  .argument("[options...]", "options of goalrank serve, after --")
  .option("--rate <number>", "requests per second", Number, 100)
  .option("--seconds <number>", "of load at that rate; the other stages take a third of it", Number, 30)
  .option("--json", "print one line of JSON for each stage")
  .parse();
const { rate, seconds, json } = program.opts<{ rate: number; seconds: number; json?: boolean }>();

/** Enough to keep full batches waiting, few enough for none to be refused. */
const CLIENTS_AT_CAPACITY = 24;

const MAIN = fileURLToPath(new URL("../src/cli/main.ts", import.meta.url));

interface Stage {
  readonly name: string;
  readonly report: LoadReport;
}

/** Starts the server on any free port; resolves with its address once the ranker is loaded. */
async function startServer(ranker: string): Promise<{ readonly child: ChildProcess; readonly url: string }> {
  const child = spawn(process.execPath, [
    ...process.execArgv,
    MAIN,
    ...["serve", ranker, "--port", "0", "--log-level", "info", ...program.args],
  ]);
  let url = "";
  for await (const line of createInterface(child.stderr)) {
    url = /listening on (http[^"]+)/.exec(line)?.[1] ?? url;
    if (line.includes("ranker loaded")) {
      child.stderr.resume();
      return { child, url };
    }
    if (line.startsWith("error")) throw new Error(line);
  }
  throw new Error("the server ended before it was ready");
}

async function measure(url: string): Promise<Stage[]> {
  const stages: Stage[] = [];
  const stage = async (name: string, options: Omit<LoadOptions, "url">) => {
    const report = await loadServer({ url, ...options });
    if (json) console.log(JSON.stringify({ stage: name, ...report, ...describeEnvironment() }));
    stages.push({ name, report });
    return report;
  };
  const short = Math.max(1, seconds / 3);
  await loadServer({ url, rate, seconds: 3 });
  await stage(`${rate}/s`, { rate, seconds });
  const { answeredPerSecond: capacity } = await stage(`${CLIENTS_AT_CAPACITY} clients, as fast as answered`, {
    clients: CLIENTS_AT_CAPACITY,
    seconds: short,
  });
  await stage(`${(2 * capacity).toFixed(0)}/s, twice that`, { rate: 2 * capacity, seconds: short });
  await stage(`${rate}/s again`, { rate, seconds: short });
  return stages;
}

function formatStages(stages: readonly Stage[]): string {
  const head = ["load", "requests/s", "answered/s", "503", "other", "p50, ms", "p90", "p99", "max", "p99 of 503"];
  const rows = stages.map(({ name, report }) => {
    const { requestsPerSecond, answeredPerSecond, statuses, milliseconds, refusalMilliseconds } = report;
    const all = Object.values(statuses).reduce((sum, count) => sum + count, 0);
    const good = statuses[200] ?? 0;
    const refused = statuses[503] ?? 0;
    const { p50, p90, p99, max } = milliseconds;
    return [
      name,
      requestsPerSecond.toFixed(0),
      answeredPerSecond.toFixed(0),
      `${((100 * refused) / all).toFixed(1)} %`,
      String(all - good - refused),
      ...[p50, p90, p99, max].map((value) => value.toFixed(1)),
      refusalMilliseconds === undefined ? "" : refusalMilliseconds.p99.toFixed(1),
    ];
  });
  return makeTable(head, 1, rows);
}

const folder = mkdtempSync(join(tmpdir(), "goalrank-serve-"));
const file = join(folder, "ranker.safetensors");
writeFileSync(file, await randomRanker());
const server = await startServer(file);
try {
  const stages = await measure(server.url);
  if (!json) {
    console.log(`${formatHeader()}, ${availableParallelism()} cores, which the load shares`);
    console.log(formatStages(stages));
  }
} finally {
  server.child.kill("SIGTERM");
  rmSync(folder, { recursive: true });
}
