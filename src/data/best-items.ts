/** Chooses the items of the highest scores. */

/**
 * The `count` items of the highest scores, best first, ties by item number. Items of score minus infinity are never
 * chosen, so there may be fewer.
 *
 * @param scores of all items: [I]
 */
export function bestItems(scores: ArrayLike<number>, count: number): number[] {
  const best: number[] = [];
  if (count === 0) return best;
  let bar = Number.NEGATIVE_INFINITY;
  for (let item = 0; item < scores.length; item++) {
    const score = scores[item];
    if (score <= bar) continue;
    let place = Math.min(best.length, count - 1);
    for (; place > 0 && scores[best[place - 1]] < score; place--) best[place] = best[place - 1];
    best[place] = item;
    if (best.length === count) bar = scores[best[count - 1]];
  }
  return best;
}
