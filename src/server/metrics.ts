/** What the server counts and measures, in the form that Prometheus reads. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { RankerFacts } from "./ranking/worker-messages.ts";

const SECONDS = [0.002, 0.005, 0.01, 0.02, 0.035, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2, 5];
const BATCH_SIZES = [1, 2, 4, 8, 16, 32, 64];

/** What is read at the moment that somebody asks. */
export interface ServerState {
  readonly waiting: number;
  readonly ranking: number;
  readonly workerIds: readonly number[];
  readonly ranker: RankerFacts | undefined;
}

export class ServerMetrics {
  readonly registry = new Registry();

  readonly requests = new Counter({
    name: "goalrank_http_requests_total",
    help: "HTTP requests by route and status; 499 where the client left before the answer",
    labelNames: ["route", "status"] as const,
    registers: [this.registry],
  });
  readonly latency = new Histogram({
    name: "goalrank_http_request_duration_seconds",
    help: "Seconds from the headers of a request to the end of its answer, by route",
    labelNames: ["route"] as const,
    buckets: SECONDS,
    registers: [this.registry],
  });
  readonly batchSize = new Histogram({
    name: "goalrank_batch_requests",
    help: "Requests that a worker ranked together",
    buckets: BATCH_SIZES,
    registers: [this.registry],
  });
  readonly batchDuration = new Histogram({
    name: "goalrank_batch_duration_seconds",
    help: "Seconds that a worker took for a batch",
    buckets: SECONDS,
    registers: [this.registry],
  });
  readonly refused = new Counter({
    name: "goalrank_refused_requests_total",
    help: "Requests answered 503, because too many waited or because they were not ranked in time",
    labelNames: ["reason"] as const,
    registers: [this.registry],
  });
  readonly retried = new Counter({
    name: "goalrank_retried_requests_total",
    help: "Requests ranked again because a worker died over them",
    registers: [this.registry],
  });
  readonly workerDeaths = new Counter({
    name: "goalrank_worker_deaths_total",
    help: "Workers that ended by themselves and were replaced",
    registers: [this.registry],
  });
  readonly reloads = new Counter({
    name: "goalrank_reloads_total",
    help: "Attempts to load the ranker's file anew, by result: done or failed",
    labelNames: ["result"] as const,
    registers: [this.registry],
  });

  constructor(state: () => ServerState) {
    collectDefaultMetrics({ register: this.registry });
    for (const reason of ["overloaded", "timeout"] as const) this.refused.inc({ reason }, 0);
    for (const result of ["done", "failed"] as const) this.reloads.inc({ result }, 0);
    this.gauge("goalrank_queue_requests", "Requests that wait for a worker", () => state().waiting);
    this.gauge("goalrank_ranking_requests", "Requests that workers are ranking", () => state().ranking);
    this.gauge("goalrank_workers", "Workers that live", () => state().workerIds.length);
    const ranker = new Gauge({
      name: "goalrank_ranker_info",
      help: "1 for the ranker in service, with the version of its file and its fingerprint",
      labelNames: ["version", "fingerprint"] as const,
      registers: [this.registry],
      collect: () => {
        ranker.reset();
        const { version, fingerprint } = state().ranker ?? {};
        if (fingerprint !== undefined) ranker.set({ version: String(version), fingerprint }, 1);
      },
    });
  }

  private gauge(name: string, help: string, read: () => number): void {
    const gauge: Gauge = new Gauge({
      name,
      help,
      registers: [this.registry],
      collect: () => gauge.set(read()),
    });
  }
}
