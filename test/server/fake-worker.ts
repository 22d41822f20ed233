/**
 * A worker whose ranker is told what to do: its file is JSON ({@link FakeRanker}), and candidates of certain names make it
 * fail in certain ways. It ranks candidates in the order in which they come.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import {
  type Drawn,
  type ExploreRequest,
  type RankedList,
  type RankRequest,
  RankRequestError,
} from "../../src/ranker/requests.ts";
import { runWorker } from "../../src/server/ranking/run-worker.ts";

export interface FakeRanker {
  /** Stands in its description, and in front of the items of its lists. */
  readonly name: string;
  /** What each request takes. */
  readonly milliseconds?: number;
  /** Nothing but the probe is ranked until this file exists. */
  readonly gate?: string;
}

const PROBE = "probe";

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

function itemsOf({ candidates = [] }: RankRequest): string[] {
  return candidates.map((candidate) => String(typeof candidate === "object" ? candidate.item : candidate));
}

function rank(name: string, request: RankRequest): RankedList | RankRequestError {
  const items = itemsOf(request);
  const unknown = items.findIndex((item) => item.startsWith("unknown"));
  if (unknown !== -1) return new RankRequestError("unknown-item", "not known", `candidates[${unknown}]`);
  if (new Set(items).size < items.length) return new RankRequestError("duplicate", "twice", "candidates");
  const { length = items.length } = request;
  if (length > items.length) return new RankRequestError("length", "too long", "length");
  if (request.constraints?.pins?.length) return new RankRequestError("constraints", "no pins", "constraints");
  const chosen = items.slice(0, length);
  return {
    ...(request.id !== undefined && { id: request.id }),
    // An item of this name tells what is to become of unknown ones.
    items: chosen.map((item) => `${name} ${item === "unheard" ? request.unknown : item}`),
    scores: chosen.map(() => 1),
    logProbability: 0,
    unknownHistory: 0,
    ...(request.tellCandidates && { candidates: items }),
    ...(request.explore && { drawn: drawnBy(request.explore, chosen.length) }),
  };
}

/** Tells with what it was asked to draw, and that each item had one chance in two. */
function drawnBy({ temperature = 1, topP = 1, epsilon = 0 }: ExploreRequest, length: number): Drawn {
  const logProbabilities = Array.from({ length }, () => Math.log(0.5));
  return { temperature, topP, epsilon, logProbabilities, logProbability: length * Math.log(0.5) };
}

function misbehave(items: readonly string[]): void {
  if (items.includes("crash")) process.kill(process.pid, "SIGKILL");
  if (items.includes("defect")) throw new Error("a secret of the server");
  if (items.includes("hang")) for (;;);
}

await runWorker(async (file) => {
  const text = new TextDecoder().decode(file);
  if (text === "crash") process.exit(3);
  const { name, milliseconds = 0, gate } = JSON.parse(text) as FakeRanker;
  return {
    description: { version: 1, name, fingerprint: createHash("sha256").update(file).digest("hex") },
    probe: { candidates: [PROBE] },
    async rankMany(requests) {
      for (const request of requests) misbehave(itemsOf(request));
      const isProbe = itemsOf(requests[0])[0] === PROBE;
      while (!isProbe && gate !== undefined && !existsSync(gate)) await pause(2);
      if (milliseconds > 0) await pause(milliseconds * requests.length);
      return requests.map((request) => rank(name, request));
    },
  };
});
