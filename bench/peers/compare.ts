/**
 * The same training step and the same kernels, beside TensorFlow.js, jax-js, gpu.js, onnxruntime-node and PyTorch, in
 * one run: each contender in a process of its own, in turns.
 *
 *   npm ci --ignore-scripts --prefix bench/peers       once; without it, peers are left out
 *   npm run bench:peers                                a table
 *   npm run bench:peers -- --filter matmul --samples 20 --peers jax-js,PyTorch --threads 1
 *   npm run --silent bench:peers -- --json             one line of JSON per row
 *   npm run bench:peers -- --out FILE                  also everything into a file
 */
import { writeFileSync } from "node:fs";
import { Command, InvalidArgumentError } from "commander";
import { ContenderProcess } from "./contender-process.ts";
import { type ContestResult, type Entrant, hold } from "./contest.ts";
import { OURS, ours, type Peer, peers } from "./peers.ts";
import { contestRecords, describeRun, formatErrors, formatRecords } from "./report.ts";
import { workloads } from "./workloads.ts";

interface Arguments {
  readonly filter: string;
  readonly samples: number;
  readonly peers: readonly Peer[];
  readonly threads: readonly number[];
  readonly json?: boolean;
  readonly out?: string;
}

function parseCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) {
    throw new InvalidArgumentError("Expected a whole number from 1.");
  }
  return count;
}

function parsePeers(text: string): Peer[] {
  return text.split(",").map((wanted) => {
    const found = peers.find(({ name }) => name.toLowerCase() === wanted.trim().toLowerCase());
    if (found === undefined) {
      throw new InvalidArgumentError(`Expected some of ${peers.map(({ name }) => name).join(", ")}.`);
    }
    return found;
  });
}

const program = new Command("bench:peers")
  .option("--filter <text>", "only workloads whose name contains it", "")
  .option("--samples <count>", "samples of each contender", parseCount, 10)
  .option("--peers <names>", "separated by commas; by default all that are installed", parsePeers, peers)
  .option("--threads <counts>", "separated by commas", (text: string) => text.split(",").map(parseCount), [1, 2])
  .option("--json", "print one line of JSON per row")
  .option("--out <file>", "write everything into this file, in JSON")
  .parse();
const { filter, samples, peers: wanted, threads: threadCounts, json, out } = program.opts<Arguments>();

/** Peers that are not there, or did not start, and why. */
const leftOut: string[] = [];
const entrants: Entrant[] = [];
const processes: ContenderProcess[] = [];

async function start(peer: Peer, threads: number): Promise<void> {
  try {
    const { process, greeting } = await ContenderProcess.start(peer.command(threads));
    processes.push(process);
    entrants.push({ name: peer.name, threads, greeting, ask: (request) => process.ask(request) });
  } catch (error) {
    leftOut.push(`${peer.name} with ${threads} threads: ${(error as Error).message}`);
  }
}

/** On one line of a terminal, in place of what was there. */
function showProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

const run = describeRun();
for (const peer of [ours, ...wanted]) {
  const absence = peer.describeAbsence();
  if (absence !== undefined) leftOut.push(`${peer.name}: ${absence}`);
  else for (const threads of threadCounts) await start(peer, threads);
}
for (const line of leftOut) console.error(`left out: ${line}`);

const results: ContestResult[] = [];
for (const workload of workloads.filter(({ name }) => name.includes(filter))) {
  showProgress(workload.name);
  results.push(...(await hold(workload, entrants, samples)));
}
showProgress("");
for (const process of processes) process.stop();

const records = contestRecords(results, OURS);
const errors = formatErrors(records);
if (json) for (const record of records) console.log(JSON.stringify({ ...record, ...run }));
else {
  console.log(`Node.js ${run.node}, ${run.cpu}, ${run.date}, load average before: ${run.loadAverage}`);
  const versions = new Set(entrants.map(({ name, greeting }) => `${name}: ${greeting.version}`));
  console.log([...versions].join("\n"));
  console.log(formatRecords(records));
}
for (const line of errors) console.error(line);
if (out !== undefined) {
  writeFileSync(out, `${JSON.stringify({ environment: run, records, leftOut }, undefined, 2)}\n`);
}
if (errors.length > 0) process.exitCode = 1;
