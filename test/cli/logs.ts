/** Small logs of interactions for tests of the command line. */
import { Random } from "../../src/kernels/index.ts";

/** Ratings of 36 of 100 items by each of 40 users, who like every third item. */
export function smallRatings(separator = ","): string[] {
  const random = new Random({ seed: 1, stream: "ratings", step: 0 });
  const rows: string[] = [];
  for (let user = 0; user < 40; user++) {
    [...random.permutation(100).subarray(0, 36)].forEach((item, time) => {
      const rating = (item + user) % 3 === 0 ? 5 : 1 + random.integer(3);
      rows.push([`u${user}`, `i${item}`, rating, 1_000_000_000 + time].join(separator));
    });
  }
  return rows;
}
