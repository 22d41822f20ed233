/** What the server and its worker processes say to each other. All of it is plain JSON. */
import type { RankedList, RankRequest, RequestProblem } from "../../ranker/requests.ts";

/** The descriptor under which a worker finds the ranker's file open, next to stdin, stdout, stderr and the channel. */
export const RANKER_FILE_DESCRIPTOR = 4;

/** Tells a worker, by the name of a device, what to compute on. */
export const DEVICE_VARIABLE = "GOALRANK_SERVE_DEVICE";

/** What is known of a loaded ranker; more may stand beside it. */
export interface RankerFacts {
  readonly version: string | number;
  /** The same for the same ranker. */
  readonly fingerprint: string;
  /** How it was trained. */
  readonly training?: Readonly<Record<string, unknown>>;
  readonly [fact: string]: unknown;
}

/** Why one request has no list. */
export interface RequestFault {
  /** `internal`: a defect that is none of the request's business. */
  readonly code: RequestProblem | "internal";
  readonly message: string;
  readonly path?: string | undefined;
}

/** What became of one request. */
export type RankOutcome =
  /** With the fingerprint of the ranker that made it. */
  { readonly list: RankedList; readonly fingerprint: string } | { readonly fault: RequestFault };

export interface Batch {
  readonly requests: readonly RankRequest[];
}

/** What a batch costs a worker, whatever its size and for each of its requests. */
export interface BatchCost {
  readonly millisecondsPerBatch: number;
  readonly millisecondsPerRequest: number;
}

/** The ranker is loaded and ranks. */
export interface WorkerReady {
  readonly kind: "ready";
  readonly ranker: RankerFacts;
  /** As measured when it was loaded. */
  readonly cost: BatchCost;
}

export type WorkerMessage =
  | WorkerReady
  /** The file cannot be ranked with, and why. */
  | { readonly kind: "failed"; readonly message: string }
  | { readonly kind: "ranked"; readonly outcomes: readonly RankOutcome[] };
