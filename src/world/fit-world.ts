/** From a log to a world: which rows are for what, the two fits, and the level at which lists get as many likes as they got. */
import { type Catalogue, type FeatureTable, gather } from "../data/dataset.ts";
import { listsOfUser } from "../data/exposures.ts";
import type { InteractionLog } from "../data/interactions.ts";
import { groupOffsets } from "../data/row-order.ts";
import { mean } from "../evaluation/statistics.ts";
import { FittedWorld, type FittedWorldSettings, type WorldFit } from "./fitted-world.ts";
import {
  type Calibration,
  calibrationOf,
  fitResponse,
  isLiked,
  likesAlone,
  type ResponseModel,
  sigmoid,
} from "./response-model.ts";

/** What a row of the log is for. */
export interface LogParts {
  /** Who likes what, in truth: the first of each user's interactions. */
  readonly truth: Int32Array;
  /** What can be seen in the world: those after them. */
  readonly observed: Int32Array;
  /** To see how far the truth holds: the last. */
  readonly heldOut: Int32Array;
}

/** Shares of each user's interactions. */
const TRUTH_SHARE = 0.45;
const OBSERVED_SHARE = 0.45;

/** Each user's interactions in their order: first for the truth, then to be seen, and the last held out. */
export function partsOf({ userOffsets, userIds }: InteractionLog): LogParts {
  const parts: Record<keyof LogParts, number[]> = { truth: [], observed: [], heldOut: [] };
  for (let user = 0; user < userIds.length; user++) {
    const [first, end] = [userOffsets[user], userOffsets[user + 1]];
    const seen = first + Math.floor(TRUTH_SHARE * (end - first));
    const kept = first + Math.floor((TRUTH_SHARE + OBSERVED_SHARE) * (end - first));
    for (let row = first; row < end; row++) {
      parts[row < seen ? "truth" : row < kept ? "observed" : "heldOut"].push(row);
    }
  }
  const { truth, observed, heldOut } = parts;
  return { truth: Int32Array.from(truth), observed: Int32Array.from(observed), heldOut: Int32Array.from(heldOut) };
}

/** Of {@link fitWorld}. */
export interface FitOptions extends Omit<FittedWorldSettings, "userCount" | "itemCount"> {
  /** Of each item of the log, or -1: [I] */
  readonly topics: Int32Array;
  /** What is known of users and items beside the log. */
  readonly catalogue: Catalogue;
}

/**
 * A world of the users and items of `log`, whose feedback over 0 is a like, and how well its truth foresees the interactions
 * that nothing was fitted on.
 * @throws RangeError for a setting out of range, or a log too short for its parts
 */
export function fitWorld(
  log: InteractionLog,
  { topics, catalogue, ...options }: FitOptions,
): { readonly world: FittedWorld; readonly calibration: Calibration } {
  const { truth: truthRows, observed: observedRows, heldOut } = partsOf(log);
  const truth = fitResponse(log, truthRows, options.seed);
  const observed = fitResponse(log, observedRows, options.seed);
  const exposures = new Int32Array(log.itemIds.length);
  for (const row of observedRows) exposures[log.items[row]]++;
  const pasts = {
    offsets: groupOffsets(gather(log.users, observedRows), log.userIds.length),
    items: gather(log.items, observedRows),
    feedback: Float32Array.from(observedRows, (row) => isLiked(log, row)),
  };
  const settings = { ...options, userCount: log.userIds.length, itemCount: log.itemIds.length };
  const fit: WorldFit = { truth, observed, level: 0, topics, exposures, pasts };
  const level = findLevel(log, truthRows, new FittedWorld(settings, fit, catalogue));
  const world = new FittedWorld(settings, { ...fit, level }, observe(catalogue, observed, exposures));
  return { world, calibration: calibrate(log, heldOut, truth) };
}

/** Bisection between this and its negative, in logits. */
const HIGHEST_LEVEL = 10;

/**
 * The level, in logits, at which the lists in these rows of the log get as many likes as they got; the highest where
 * positions and fatigue keep them from that at any level. The world's own level is 0.
 */
function findLevel(log: InteractionLog, rows: Int32Array, world: FittedWorld): number {
  const { listLength, userCount, positionDecay } = world.settings;
  const own = new Set(rows);
  // Of each item of each list: the chance that it is looked at, and how much it then pleases at level 0, in logits.
  const [looks, logits]: [number[], number[]] = [[], []];
  let likes = 0;
  for (let user = 0; user < userCount; user++) {
    for (const { start, length } of listsOfUser(log, user, listLength).lists) {
      const places = Int32Array.from({ length }, (_, t) => start + t);
      if (!places.every((row) => own.has(row))) continue;
      likes += places.reduce((sum, row) => sum + isLiked(log, row), 0);
      world.expectedFeedback(user, gather(log.items, places)).forEach((probability, t) => {
        const look = positionDecay ** t;
        looks.push(look);
        logits.push(Math.log(probability / (look - probability)));
      });
    }
  }
  if (looks.length === 0) throw new RangeError("world: the log holds no list to set the level of likes by");
  const expected = (level: number) => looks.reduce((sum, look, at) => sum + look * sigmoid(level + logits[at]), 0);
  let [low, high] = [-HIGHEST_LEVEL, HIGHEST_LEVEL];
  for (let round = 0; round < 30; round++) {
    const middle = (low + high) / 2;
    if (expected(middle) < likes) low = middle;
    else high = middle;
  }
  return Math.fround(high);
}

/** What is known beside the log, with what the observed part says: a user's bias; an item's, and how often it was shown. */
function observe(catalogue: Catalogue, { userBiases, itemBiases }: ResponseModel, exposures: Int32Array): Catalogue {
  const shown = exposures.map((count) => count + 1);
  const centre = mean(Float64Array.from(shown, Math.log));
  return {
    ...catalogue,
    userFeatures: withColumns(catalogue.userFeatures, [{ name: "liking", values: userBiases, center: 0 }]),
    itemFeatures: withColumns(catalogue.itemFeatures, [
      { name: "being liked", values: itemBiases, center: 0 },
      { name: "logarithm of exposures", values: Float32Array.from(shown, Math.log), center: centre },
    ]),
  };
}

interface OwnColumn {
  readonly name: string;
  readonly values: Float32Array;
  readonly center: number;
}

function withColumns(table: FeatureTable | undefined, own: readonly OwnColumn[]): FeatureTable {
  const before = table?.width ?? 0;
  const width = before + own.length;
  const data = Float32Array.from({ length: width * own[0].values.length }, (_, at) => {
    const [row, column] = [Math.floor(at / width), at % width];
    if (table !== undefined && column < before) return table.data[row * before + column];
    const { values, center } = own[column - before];
    return values[row] - center;
  });
  return {
    width,
    data,
    columns: [...(table?.columns ?? []), ...own.map(({ name, center }) => ({ name, center, scale: 1 }))],
  };
}

/** Items by themselves, as the log shows them: what a list does to them is no part of the fit. */
function calibrate(log: InteractionLog, rows: Int32Array, truth: ResponseModel): Calibration {
  const probabilities = Float64Array.from(rows, (row) => {
    return sigmoid(likesAlone(truth, log.users[row], log.items[row]));
  });
  return calibrationOf(
    probabilities,
    Array.from(rows, (row) => isLiked(log, row)),
  );
}
