/**
 * Appendix D.3 of the paper: how long an answer takes, and how much of what the processor can do it uses, for GoalRank's
 * one generator and for MG-E, whose generators and judge all work for each request.
 */
import { selectRows } from "../../data/dataset.ts";
import { mean, percentile } from "../../evaluation/statistics.ts";
import { CpuDevice } from "../../kernels/index.ts";
import { worldData } from "../../run/data.ts";
import { defaultDevice } from "../../tensor/index.ts";
import { contender, GOAL_RANK, learn, methodTitle } from "../contenders.ts";
import type { DataSettings, PolicyOptions, SharedOptions } from "../datasets.ts";
import type { Experiment, ExperimentRequest, Surroundings } from "../experiment.ts";
import { drawLines, type Picture } from "../pictures.ts";
import type { Results } from "../results.ts";
import { describeMachine } from "../run-log.ts";
import { type Table, tableOf } from "../tables.ts";
import type { Trial, TrialOutcome, TrialResult, Work } from "../trial.ts";
import { countingOperations, trainBriefly } from "./brief-training.ts";
import { largeProduct, type TimedRuns, type TimedWork, timeInTurns } from "./latency-measurement.ts";

interface LatencyWork extends Work {
  readonly kind: "latency";
  /** Times are of a machine: on another one they are measured again. */
  readonly machine: string;
  readonly data: DataSettings;
  readonly shared: SharedOptions;
  readonly policy: PolicyOptions;
  readonly contestants: readonly string[];
  /** Requests that are answered together. */
  readonly requests: number;
  readonly rounds: number;
}

/** They are measured together. */
const METHOD = `${GOAL_RANK} and MG-E`;
const CONTESTANTS = ["goalrank", "mg-e-3", "mg-e-20", "mg-e-100"];
/** D, the second as in the paper. */
const WIDTHS = [32, 128];
const ROUNDS: Readonly<Record<number, number>> = { 1: 200, 8: 100, 32: 50 };
const REQUESTS = Object.keys(ROUNDS).map(Number);
/** Runs in which a 99th percentile says more than the longest one. */
const ROUNDS_FOR_P99 = 100;

/**
 * Share of the time in which the process was computing, under which others took the processor from it: runs that are long
 * enough to be interrupted then look longer than they are, and short ones do not.
 */
const QUIET_SHARE = 0.9;

/** Lists that models learn from and requests that they answer: what they have learned does not change what they cost. */
const LISTS = 128;

async function measureLatency(work: LatencyWork, surroundings: Surroundings): Promise<TrialOutcome> {
  if (!("scenario" in work.data)) throw new Error("latency: it needs requests of an embedded world");
  const data = worldData(work.data);
  const { shared: options, requests: together, rounds } = work;
  const { seed } = work.data;
  const usual = defaultDevice();
  const threads = usual instanceof CpuDevice ? usual.threads : 1;
  const { signal, listener } = surroundings.context;
  return countingOperations(async (device) => {
    const brief = { options, policy: work.policy, seed, requests: LISTS };
    const { shared, policy } = await trainBriefly(data, brief, { signal, listener });
    const works: TimedWork[] = [];
    for (const name of work.contestants) {
      const { instance } = await learn(contender(name, policy), shared, seed, { signal, listener });
      const run = (round: number) => {
        const rows = Array.from({ length: together }, (_, i) => (round * together + i) % data.test.size);
        return instance.rank(selectRows(data.test, rows));
      };
      works.push({ name, run });
    }
    const [started, used] = [performance.now(), process.cpuUsage()];
    const timed = await timeInTurns([...works, largeProduct()], rounds, device);
    const { user, system } = process.cpuUsage(used);
    const processorShare = (user + system) / 1000 / (performance.now() - started);
    const [product] = timed.slice(-1);
    const peak = product.operations / percentile(product.seconds, 0);
    const measures = timed.slice(0, -1).flatMap((runs) => describeRuns(runs, peak));
    return {
      metrics: {
        ...Object.fromEntries(measures),
        "peak operations per second": peak,
        "processor share": processorShare,
        threads,
        rounds,
        "measured at": Math.round(Date.now() / 1000),
      },
    };
  });
}

function describeRuns({ name, seconds, operations }: TimedRuns, peak: number): [string, number][] {
  const median = percentile(seconds, 0.5);
  return [
    [`${name} p50`, median],
    [`${name} p90`, percentile(seconds, 0.9)],
    [`${name} p99`, percentile(seconds, 0.99)],
    [`${name} mean`, mean(seconds)],
    [`${name} operations`, operations],
    [`${name} utilisation`, operations / median / peak],
  ];
}

/** `width 32, 8 requests; AMD EPYC, 2 cores, Node 22.1.0` */
function variantOf(width: number, requests: number, machine: string): string {
  return `width ${width}, ${requests} ${requests === 1 ? "request" : "requests"}; ${machine}`;
}

function readVariant(variant: string) {
  const [, width, requests, machine] = /^width (\d+), (\d+) requests?; (.*)$/.exec(variant) ?? [];
  if (machine === undefined) throw new Error(`latency: results of an unknown kind, "${variant}"`);
  return { width: Number(width), requests: Number(requests), machine };
}

function trialsOf({ seeds: [seed], dataset }: ExperimentRequest): Trial[] {
  const { settings, shared, policy } = dataset;
  if (settings.source === "log") return [];
  const machine = describeMachine();
  const data: DataSettings = { ...settings, trainingLists: LISTS, testRequests: LISTS, seed };
  return WIDTHS.flatMap((width) =>
    REQUESTS.map((requests): Trial => {
      const work: LatencyWork = {
        kind: "latency",
        machine,
        data,
        policy,
        requests,
        contestants: CONTESTANTS,
        shared: { ...shared, width },
        rounds: ROUNDS[requests],
      };
      const variant = variantOf(width, requests, machine);
      return { experiment: "latency", dataset: dataset.label, method: METHOD, seed, variant, work };
    }),
  );
}

/** Measurements of one width on one machine. */
interface Measured {
  /** Of the table and the picture. */
  readonly name: string;
  readonly width: number;
  readonly machine: string;
  /** By rising number of requests. */
  readonly trials: readonly { readonly requests: number; readonly metrics: TrialResult["metrics"] }[];
}

/** By rising width; names distinguish several machines. */
function measuredOf({ rows }: Results): readonly Measured[] {
  const all = rows
    .map(({ variant, trials }) => ({ ...readVariant(variant), metrics: trials[0].metrics }))
    .sort((a, b) => a.width - b.width || a.requests - b.requests);
  const places = new Map(all.map(({ width, machine }) => [`${width} ${machine}`, { width, machine }]));
  const machines = [...new Set([...places.values()].map(({ machine }) => machine))];
  return [...places.values()].map(({ width, machine }) => {
    const suffix = machines.length > 1 ? `-machine-${1 + machines.indexOf(machine)}` : "";
    const trials = all.filter((own) => own.width === width && own.machine === machine);
    return { name: `latency-width-${width}${suffix}`, width, machine, trials };
  });
}

function placeAndTime({ machine, trials }: Measured): string {
  const [{ metrics }] = trials;
  const date = new Date(1000 * metrics["measured at"]).toISOString().slice(0, 10);
  const threads = metrics.threads === 1 ? "1 thread" : `${metrics.threads} threads`;
  return `${machine}; ${threads}; ${date}.`;
}

/** What is to be said of measurements while others used the processor; "" of quiet ones. */
function disturbance({ trials }: Measured): string {
  const share = Math.min(...trials.map(({ metrics }) => metrics["processor share"]));
  if (share >= QUIET_SHARE) return "";
  return (
    ` Not to be relied on, since the process had the processor for only ${(100 * share).toFixed(0)}% of the time; measure again ` +
    `on a machine that does nothing else (--again "${METHOD}").`
  );
}

function timesTable(measured: Measured): Table {
  const { trials, width } = measured;
  const peaks = trials.map(({ metrics }) => metrics["peak operations per second"] / 1e9);
  const caption =
    `Time of an answer, width ${width}, contenders in turns: median (p50) and percentiles over the runs; operations are ` +
    "multiply-adds counted twice, of matrix products and attention; utilisation (MFU) is their rate over that of the fastest " +
    `run of a large product of matrices, ${Math.min(...peaks).toFixed(1)} to ${Math.max(...peaks).toFixed(1)} GFLOP/s in these ` +
    `runs. ${placeAndTime(measured)}${disturbance(measured)}`;
  const items = trials.flatMap(({ requests, metrics }) =>
    CONTESTANTS.map((name) => ({
      requests,
      name,
      rounds: metrics.rounds,
      value: (what: string, of = name) => metrics[`${of} ${what}`],
    })),
  );
  return tableOf(measured.name, caption, items, [
    { title: "requests together", digits: 0, of: ({ requests }) => requests },
    { title: "method", of: ({ name }) => methodTitle(name) },
    { title: "p50, ms", digits: 2, of: ({ value }) => 1000 * value("p50") },
    { title: "p90, ms", digits: 2, of: ({ value }) => 1000 * value("p90") },
    {
      title: "p99, ms",
      digits: 2,
      of: ({ value, rounds }) => (rounds < ROUNDS_FOR_P99 ? undefined : 1000 * value("p99")),
    },
    { title: "p50 per request, ms", digits: 2, of: ({ value, requests }) => (1000 * value("p50")) / requests },
    { title: "times GoalRank's", digits: 2, of: ({ value }) => value("p50") / value("p50", "goalrank") },
    { title: "MFLOP per request", digits: 2, of: ({ value, requests }) => value("operations") / requests / 1e6 },
    { title: "utilisation", isPercent: true, of: ({ value }) => value("utilisation") },
    { title: "runs", digits: 0, of: ({ rounds }) => rounds },
  ]);
}

function pictureOf(measured: Measured): Picture {
  const { trials, width } = measured;
  const lines = CONTESTANTS.map((name) => ({
    name: methodTitle(name),
    points: trials.map(({ requests, metrics }) => {
      const [median, high] = ["p50", "p90"].map((what) => (1000 * metrics[`${name} ${what}`]) / requests);
      return { x: requests, value: median, low: median, high };
    }),
  }));
  return drawLines({
    name: measured.name,
    caption: `Milliseconds per request, width ${width}: median, and a band up to the 90th percentile. ${placeAndTime(measured)}`,
    description: `Time per request against requests that are answered together, width ${width}`,
    x: { label: "requests answered together", type: "log", ticks: trials.map((own) => own.requests) },
    y: { label: "milliseconds per request", type: "log" },
    lines,
  });
}

export const latency: Experiment = {
  name: "latency",
  title: "Appendix D.3: latency and utilisation",
  summary: "GoalRank against the pipelines of MG-E: time per answer, operations, utilisation of the processor",
  data: "world",
  alone: true,
  trials: trialsOf,
  works: { latency: measureLatency },
  notes: [
    "The paper measures on accelerators, in a product's pipeline whose generators run in services of their own; here all " +
      "run in one process on one thread of a processor, one after another, and networks that several of MG-E's generators " +
      "share are read once per request.",
    "The models have hardly been trained: what they have learned does not change what they cost.",
  ],
  present(results) {
    const all = measuredOf(results);
    return { tables: all.map(timesTable), pictures: all.map(pictureOf) };
  },
};
