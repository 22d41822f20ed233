/** What a product would measure when lists are shown in the embedded world: seconds watched, views and likes. */
import { itemsOfList, type RequestColumns } from "../data/dataset.ts";
import { Random } from "../kernels/index.ts";
import type { World } from "./world.ts";

/** Sums over the positions of each session's list: [S] each. */
export interface SessionOutcomes {
  readonly watchSeconds: Float64Array;
  /** Items that were watched for at least {@link VIEW_SECONDS}. */
  readonly views: Float64Array;
  readonly likes: Float64Array;
}

/** What is measured of a session. */
export const OUTCOMES = ["watchSeconds", "views", "likes"] as const satisfies (keyof SessionOutcomes)[];

/** Mean seconds that an item is watched which pleases, and one that does not. */
const PLEASED_SECONDS = 20;
const OTHER_SECONDS = 4;
/** How often an item that pleases is liked. */
const LIKE_SHARE = 0.2;
/** Seconds of watching from which an item counts as viewed. */
export const VIEW_SECONDS = 7;

/**
 * Shows each request its list. The user looks at position t with probability decay^t, and what is looked at pleases with
 * the rest of the world's probability p_t, so that pleasing is the world's positive feedback. Seconds are exponential
 * (ours), longer for what pleases; a fifth of that is liked.
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
    watchSeconds: new Float64Array(size),
    views: new Float64Array(size),
    likes: new Float64Array(size),
  };
  for (let row = 0; row < size; row++) {
    const probabilities = world.expectedFeedback(users[row], itemsOfList(requests, lists, row));
    const random = new Random({ ...key, step: row });
    probabilities.forEach((probability, t) => {
      // Always four draws, so that two lists that share an item at a position share its luck.
      const [looks, pleases, patience, likes] = [0, 1, 2, 3].map(() => random.uniform());
      if (looks >= positionDecay ** t) return;
      const isPleased = pleases < probability / positionDecay ** t;
      const seconds = -Math.log(1 - patience) * (isPleased ? PLEASED_SECONDS : OTHER_SECONDS);
      outcomes.watchSeconds[row] += seconds;
      if (seconds >= VIEW_SECONDS) outcomes.views[row]++;
      if (isPleased && likes < LIKE_SHARE) outcomes.likes[row]++;
    });
  }
  return outcomes;
}
