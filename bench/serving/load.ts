/**
 * Loads a server from a process of its own, as visitors would who do not know of each other: requests leave at times
 * drawn beforehand (a Poisson process), whether or not earlier ones have been answered, and a latency counts from the
 * time at which the request was due. A server that stands still therefore cannot hide it.
 *
 * Started by `loadServer`, with the settings as its argument; writes what it measured to stdout, as JSON.
 */
import { fork } from "node:child_process";
import { Agent, request } from "node:http";
import { fileURLToPath } from "node:url";
import { Random } from "../../src/kernels/index.ts";
import { randomRequests } from "../measure/random-ranker.ts";

export interface LoadOptions {
  readonly url: string;
  /** Requests per second: those of an open loop. */
  readonly rate?: number;
  /** In place of a rate, so many clients that each wait for their answer before they ask again. */
  readonly clients?: number;
  readonly seconds: number;
}

export interface LoadReport {
  readonly requestsPerSecond: number;
  /** Answers by status, and `error` for connections that broke. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Of answers with status 200, per second, and their latencies. */
  readonly answeredPerSecond: number;
  readonly milliseconds: { readonly p50: number; readonly p90: number; readonly p99: number; readonly max: number };
  /** Of answers with status 503. */
  readonly refusalMilliseconds: { readonly p50: number; readonly p99: number } | undefined;
}

/** Runs the load in a process of its own. */
export function loadServer(options: LoadOptions): Promise<LoadReport> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), [JSON.stringify(options)]);
    child.once("message", (report) => resolve(report as LoadReport));
    child.once("exit", (code) => reject(new Error(`the load ended with exit code ${code}`)));
  });
}

interface Answer {
  readonly status: string;
  readonly milliseconds: number;
}

/** Milliseconds. */
const PAUSE_AFTER_REFUSAL = 1000;

const BODIES = randomRequests(500).map((body) => JSON.stringify(body));

class Visitors {
  readonly answers: Answer[] = [];
  private readonly agent = new Agent({ keepAlive: true });
  private sent = 0;

  constructor(private readonly url: string) {}

  /** Sends a request that was due at a time of `performance.now()`. */
  ask(due: number): Promise<string> {
    const body = BODIES[this.sent++ % BODIES.length];
    return new Promise((resolve) => {
      const finish = (status: string) => {
        this.answers.push({ status, milliseconds: performance.now() - due });
        resolve(status);
      };
      const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
      const out = request(`${this.url}/rank`, { method: "POST", agent: this.agent, headers }, (answer) => {
        answer.resume();
        answer.once("end", () => finish(String(answer.statusCode)));
        answer.once("error", () => finish("error"));
      });
      out.once("error", () => finish("error"));
      out.end(body);
    });
  }
}

async function openLoop(visitors: Visitors, rate: number, seconds: number): Promise<void> {
  const random = new Random({ seed: 1, stream: "arrivals", step: 0 });
  const under: Promise<string>[] = [];
  const start = performance.now();
  let due = 0;
  for (;;) {
    due += (-1000 * Math.log(1 - random.uniform())) / rate;
    if (due > 1000 * seconds) break;
    const pause = start + due - performance.now();
    if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
    under.push(visitors.ask(start + due));
  }
  await Promise.all(under);
}

async function closedLoop(visitors: Visitors, clients: number, seconds: number): Promise<void> {
  const end = performance.now() + 1000 * seconds;
  const client = async () => {
    while (performance.now() < end) {
      const status = await visitors.ask(performance.now());
      if (status !== "200") await new Promise((resolve) => setTimeout(resolve, PAUSE_AFTER_REFUSAL));
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
}

function report(answers: readonly Answer[], seconds: number): LoadReport {
  const statuses: Record<string, number> = {};
  for (const { status } of answers) statuses[status] = (statuses[status] ?? 0) + 1;
  const good = latencies(answers, "200");
  const refused = latencies(answers, "503");
  return {
    requestsPerSecond: answers.length / seconds,
    statuses,
    answeredPerSecond: good.length / seconds,
    milliseconds: { p50: at(good, 0.5), p90: at(good, 0.9), p99: at(good, 0.99), max: at(good, 1) },
    refusalMilliseconds: refused.length === 0 ? undefined : { p50: at(refused, 0.5), p99: at(refused, 0.99) },
  };
}

function latencies(answers: readonly Answer[], status: string): number[] {
  return answers
    .filter((answer) => answer.status === status)
    .map(({ milliseconds }) => milliseconds)
    .sort((a, b) => a - b);
}

/** The smallest latency that so large a share of all does not exceed. */
function at(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

async function main({ url, rate, clients = 1, seconds }: LoadOptions): Promise<void> {
  const visitors = new Visitors(url);
  const started = performance.now();
  if (rate !== undefined) await openLoop(visitors, rate, seconds);
  else await closedLoop(visitors, clients, seconds);
  process.send?.(report(visitors.answers, (performance.now() - started) / 1000));
  process.disconnect();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(JSON.parse(process.argv[2]));
