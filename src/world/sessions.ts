/** What a product would measure when lists are shown in a world: how long users stay and watch, views, likes and comments. */
import { itemsOfList, type RequestColumns } from "../data/dataset.ts";
import { Random } from "../kernels/index.ts";
import type { World } from "./world.ts";

/** Sums over the positions of each session's list: [S] each. */
export interface SessionOutcomes {
  /** Seconds of watching, of passing by what is looked at, and of writing comments. */
  readonly staySeconds: Float64Array;
  readonly watchSeconds: Float64Array;
  /** Items that were watched for at least {@link VIEW_SECONDS}. */
  readonly views: Float64Array;
  readonly likes: Float64Array;
  readonly comments: Float64Array;
}

/** What is measured of a session. */
export const OUTCOMES = [
  "staySeconds",
  "watchSeconds",
  "views",
  "likes",
  "comments",
] as const satisfies (keyof SessionOutcomes)[];

/** Mean seconds that an item is watched which pleases, and one that does not. */
const PLEASED_SECONDS = 20;
const OTHER_SECONDS = 4;
/** How often an item that pleases is liked. */
const LIKE_SHARE = 0.2;
/** How often it is commented on. */
const COMMENT_SHARE = 0.03;
/** Seconds that looking at an item takes before it is watched, and that a comment takes. */
const LOOK_SECONDS = 1;
const COMMENT_SECONDS = 15;
/** Seconds of watching from which an item counts as viewed. */
export const VIEW_SECONDS = 7;

/**
 * Shows each request its list. The user looks at position t with probability decay^t, and what is looked at pleases with
 * the rest of the world's probability p_t, so that pleasing is the world's positive feedback. Seconds are exponential
 * (ours), longer for what pleases; some of that is liked, and
 * some commented on, independently. All of these numbers are ours, too.
 *
 * @param lists candidate positions [S, L]
 * @param key names the draw
 */
export function simulateSessions(
  world: World,
  requests: RequestColumns,
  lists: Int32Array,
  key: { readonly seed: number; readonly stream: string },
): SessionOutcomes {
  const { size, users } = requests;
  const { positionDecay } = world.settings;
  const outcomes = {
    staySeconds: new Float64Array(size),
    watchSeconds: new Float64Array(size),
    views: new Float64Array(size),
    likes: new Float64Array(size),
    comments: new Float64Array(size),
  };
  for (let row = 0; row < size; row++) {
    const probabilities = world.expectedFeedback(users[row], itemsOfList(requests, lists, row));
    const random = new Random({ ...key, step: row });
    probabilities.forEach((probability, t) => {
      // Always five draws, so that two lists that share an item at a position share its luck.
      const [looks, pleases, patience, likes, comments] = [0, 1, 2, 3, 4].map(() => random.uniform());
      if (looks >= positionDecay ** t) return;
      const isPleased = pleases < probability / positionDecay ** t;
      const seconds = -Math.log(1 - patience) * (isPleased ? PLEASED_SECONDS : OTHER_SECONDS);
      const isCommented = isPleased && comments < COMMENT_SHARE;
      outcomes.staySeconds[row] += LOOK_SECONDS + seconds + (isCommented ? COMMENT_SECONDS : 0);
      outcomes.watchSeconds[row] += seconds;
      if (seconds >= VIEW_SECONDS) outcomes.views[row]++;
      if (isPleased && likes < LIKE_SHARE) outcomes.likes[row]++;
      if (isCommented) outcomes.comments[row]++;
    });
  }
  return outcomes;
}
