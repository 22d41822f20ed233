/** What a worker process does: it loads the ranker, proves that it ranks, and answers batches until the server is gone. */
import { fstatSync, readSync } from "node:fs";
import { type RankedList, type RankRequest, RankRequestError } from "../../ranker/requests.ts";
import {
  type Batch,
  type BatchCost,
  RANKER_FILE_DESCRIPTOR,
  type RankerFacts,
  type RankOutcome,
  type WorkerMessage,
} from "./worker-messages.ts";

/** What a worker needs of a ranker. */
export interface ListRanker {
  readonly description: RankerFacts;
  /** A request that it can answer. */
  readonly probe: RankRequest;
  rankMany(requests: readonly RankRequest[]): Promise<readonly (RankedList | RankRequestError)[]>;
}

/** Requests that are ranked together to see what company costs. */
const PROBES = 8;
/** Rankings of each size: the first ones compile what the others run. */
const ROUNDS = 8;

/** Serves the parent process until it hangs up. `load` makes the ranker out of the bytes of its file. */
export async function runWorker(load: (file: Uint8Array) => Promise<ListRanker>): Promise<void> {
  leaveSignalsToTheServer();
  let ranker: ListRanker;
  try {
    ranker = await load(readRankerFile());
    const cost = await probe(ranker);
    tell({ kind: "ready", ranker: ranker.description, cost });
  } catch (error) {
    tell({ kind: "failed", message: error instanceof Error ? error.message : String(error) });
    return;
  }
  process.on("message", (batch: Batch) => {
    void rankBatch(ranker, batch.requests).then((outcomes) => tell({ kind: "ranked", outcomes }));
  });
}

/** A signal to the whole process group, such as Ctrl-C, is for the server, which lets its workers finish. */
function leaveSignalsToTheServer(): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
  process.on("disconnect", () => process.exit());
}

/** Where the server is gone, nobody needs to hear it. */
function tell(message: WorkerMessage): void {
  if (process.connected) process.send?.(message, undefined, {}, () => {});
}

/** Reads from the start whatever other workers, who share the descriptor, have read. */
function readRankerFile(): Uint8Array {
  const bytes = new Uint8Array(fstatSync(RANKER_FILE_DESCRIPTOR).size);
  let read = 0;
  while (read < bytes.length) {
    const count = readSync(RANKER_FILE_DESCRIPTOR, bytes, read, bytes.length - read, read);
    if (count === 0) throw new Error("the file became shorter while it was read");
    read += count;
  }
  return bytes;
}

/** Ranks the probe alone and with company; what it finds is what a batch costs. */
async function probe(ranker: ListRanker): Promise<BatchCost> {
  const alone = await fastestRanking(ranker, 1);
  const together = await fastestRanking(ranker, PROBES);
  const millisecondsPerRequest = Math.max(0, together - alone) / (PROBES - 1);
  return { millisecondsPerBatch: Math.max(0, alone - millisecondsPerRequest), millisecondsPerRequest };
}

/** Milliseconds. Throws where the ranker does not give lists of finite numbers. */
async function fastestRanking(ranker: ListRanker, size: number): Promise<number> {
  const requests = new Array<RankRequest>(size).fill(ranker.probe);
  let fastest = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const started = performance.now();
    const outcomes = await ranker.rankMany(requests);
    fastest = Math.min(fastest, performance.now() - started);
    for (const outcome of outcomes) checkList(outcome);
  }
  return fastest;
}

function checkList(outcome: RankedList | RankRequestError): void {
  if (outcome instanceof RankRequestError) throw outcome;
  if (![...outcome.scores, outcome.logProbability].every(Number.isFinite)) {
    throw new Error("the ranker's weights do not give finite scores; train it again");
  }
}

/** Ranks them together. Where that fails each is ranked alone, so that only those that cannot be ranked have no list. */
async function rankBatch(ranker: ListRanker, requests: readonly RankRequest[]): Promise<RankOutcome[]> {
  try {
    return (await ranker.rankMany(requests)).map((result) => toOutcome(result, ranker.description));
  } catch (error) {
    // For the log; the client does not see it.
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    if (requests.length === 1) return [{ fault: { code: "internal", message } }];
    const outcomes: RankOutcome[] = [];
    for (const request of requests) outcomes.push(...(await rankBatch(ranker, [request])));
    return outcomes;
  }
}

function toOutcome(result: RankedList | RankRequestError, { fingerprint }: RankerFacts): RankOutcome {
  if (!(result instanceof RankRequestError)) return { list: result, fingerprint };
  const { code, message, path } = result;
  return { fault: { code, message, path } };
}
