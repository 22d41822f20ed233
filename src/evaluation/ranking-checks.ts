/** What every metric of rankings refuses. */

/** @throws RangeError for fewer than `k` distinct positions of so many candidates, or one of none of them */
export function checkRanking(ranking: ArrayLike<number>, candidates: number, k: number): void {
  const least = Math.min(k, candidates);
  if (ranking.length < least) {
    const expected = `${least} positions for k = ${k} and ${candidates} candidates`;
    throw new RangeError(`metrics: the ranking must hold ${expected}, got ${ranking.length}`);
  }
  checkPositions(ranking, candidates);
}

/** @throws RangeError for a position that is there twice, or of no candidate */
export function checkPositions(positions: ArrayLike<number>, candidates: number): void {
  const seen = new Uint8Array(candidates);
  for (let place = 0; place < positions.length; place++) {
    const position = positions[place];
    if (!Number.isInteger(position) || position < 0 || position >= candidates) {
      throw new RangeError(`metrics: positions must be from 0 to ${candidates - 1}, got ${position}`);
    }
    if (seen[position] === 1) throw new RangeError(`metrics: position ${position} is ranked twice`);
    seen[position] = 1;
  }
}
