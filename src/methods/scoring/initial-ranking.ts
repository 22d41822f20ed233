/** The initial ranking of a request's candidates without ties, and the order in which they come. */
import type { RequestBatch } from "../../data/batch.ts";
import { type Tensor, tensor } from "../../tensor/index.ts";

/** Where each candidate stands in its request, as if that were its rank: i32 [B, N]. */
export function candidatePlaces({ items }: RequestBatch): Tensor {
  const [requests, count] = items.shape;
  const places = Int32Array.from({ length: requests * count }, (_, at) => at % count);
  return tensor(places, [requests, count]);
}

/**
 * An initial ranking without ties, both ways, i32 [B, N]: the rank of each candidate, from 0, and the place of the
 * candidate of each rank. Of equal scores the lower item number comes first, so that nothing depends on where candidates
 * stand; only those of one number, of which no item is known, stay in their order.
 */
export function initialOrder({ retrieverScores, items }: RequestBatch): { ranks: Tensor; places: Tensor } {
  const [requests, count] = items.shape;
  const otherScores = retrieverScores.transpose();
  const [otherItems, ownItems] = [items.reshape([requests, 1, count]), items.reshape([requests, count, 1])];
  const places = tensor(
    Int32Array.from({ length: count }, (_, place) => place),
    [count],
  );
  const lowerPlaces = places
    .reshape([1, count])
    .less(places.reshape([count, 1]))
    .cast("f32");
  const sameItems = otherItems.equal(ownItems).cast("f32");
  const earlier = otherItems.less(ownItems).cast("f32").add(sameItems.mul(lowerPlaces));
  const tied = otherScores.equal(retrieverScores).cast("f32").mul(earlier);
  const ranks = otherScores.greater(retrieverScores).cast("f32").add(tied).sum(2).cast("i32");
  return { ranks, places: inverted(ranks) };
}

/** Where each number from 0 to N - 1 stands in permutations [B, N]: i32 [B, N]. */
function inverted(permutations: Tensor): Tensor {
  const [rows, count] = permutations.shape;
  const numbers = Int32Array.from({ length: count }, (_, number) => number);
  const isThere = permutations.reshape([rows, 1, count]).equal(tensor(numbers, [count, 1]));
  const places = tensor(Float32Array.from(numbers), [count]);
  return isThere.cast("f32").mul(places).sum(2).cast("i32");
}
