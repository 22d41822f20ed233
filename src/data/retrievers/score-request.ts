/** What every retriever checks before it scores. */

/** Throws a RangeError for a user that is not known, or room for another number of items. */
export function checkScoreRequest(
  user: number,
  userCount: number,
  out: Float32Array,
  itemCount: number,
): void {
  if (!Number.isInteger(user) || user < 0 || user >= userCount) {
    throw new RangeError(
      `retriever: user ${user} is unknown; expected an integer from 0 to ${userCount - 1}`,
    );
  }
  if (out.length !== itemCount) {
    throw new RangeError(
      `retriever: room for ${out.length} scores was given; expected ${itemCount}, one per item`,
    );
  }
}
