/** What the server counts and measures, in the form that Prometheus reads. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { RankingService } from "./ranking/ranking-service.ts";

const SECONDS = [0.002, 0.005, 0.01, 0.02, 0.035, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2, 5];
const BATCH_SIZES = [1, 2, 4, 8, 16, 32, 64];

/** What is read at the moment that somebody asks. */
type ServerState = Pick<RankingService, "waiting" | "ranking" | "workerIds" | "ranker">;

export class ServerMetrics {
  readonly registry = new Registry();

  readonly requests = this.counter(
    "goalrank_http_requests_total",
    "HTTP requests by route and status; 499 where the client left before the answer",
    ["route", "status"],
  );
  readonly latency = this.histogram(
    "goalrank_http_request_duration_seconds",
    "Seconds from the headers of a request to the end of its answer, by route",
    SECONDS,
    ["route"],
  );
  readonly batchSize = this.histogram("goalrank_batch_requests", "Requests that a worker ranked together", BATCH_SIZES);
  readonly batchDuration = this.histogram(
    "goalrank_batch_duration_seconds",
    "Seconds that a worker took for a batch",
    SECONDS,
  );
  readonly refused = this.counter(
    "goalrank_refused_requests_total",
    "Requests answered 503, because too many waited or because they were not ranked in time",
    ["reason"],
  );
  readonly retried = this.counter(
    "goalrank_retried_requests_total",
    "Requests ranked again because a worker died over them",
  );
  readonly workerDeaths = this.counter(
    "goalrank_worker_deaths_total",
    "Workers that ended by themselves and were replaced",
  );
  readonly reloads = this.counter(
    "goalrank_reloads_total",
    "Attempts to load the ranker's file anew, by result: done or failed",
    ["result"],
  );
  readonly impressions = this.counter("goalrank_impressions_total", "Lists that were served and logged");
  readonly lostImpressions = this.counter(
    "goalrank_impressions_lost_total",
    "Lists that could not be logged, whether they were served or refused",
  );
  readonly feedback = this.counter(
    "goalrank_feedback_total",
    "Feedback by what became of it: recorded, late, duplicate, unknown-impression or refused",
    ["status"],
  );

  constructor(state: () => ServerState) {
    collectDefaultMetrics({ register: this.registry });
    for (const reason of ["overloaded", "timeout"]) this.refused.inc({ reason }, 0);
    for (const result of ["done", "failed"]) this.reloads.inc({ result }, 0);
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

  private counter<Label extends string>(name: string, help: string, labelNames: Label[] = []): Counter<Label> {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }

  private histogram<Label extends string>(
    name: string,
    help: string,
    buckets: number[],
    labelNames: Label[] = [],
  ): Histogram<Label> {
    return new Histogram({ name, help, buckets, labelNames, registers: [this.registry] });
  }

  private gauge(name: string, help: string, read: () => number): void {
    const collect = () => gauge.set(read());
    const gauge: Gauge = new Gauge({ name, help, registers: [this.registry], collect });
  }
}
