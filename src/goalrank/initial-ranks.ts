/** The initial ranking of a request's candidates, by the retriever's score: what re-ranking starts from. */
import type { RequestBatch } from "../data/batch.ts";
import type { Embedding } from "../nn/index.ts";
import { full, type Tensor } from "../tensor/index.ts";

/** The rank of each candidate, from 0; equal scores share one: i32 [B, N]. */
export function initialRanks({ retrieverScores }: RequestBatch): Tensor {
  return retrieverScores.transpose().greater(retrieverScores).cast("f32").sum(2).cast("i32");
}

/** Embeddings of ranks i32 [B, N]; of requests with more candidates than there are ranks, the last ones share one. */
export function embedRanks(table: Embedding, ranks: Tensor): Tensor {
  const most = table.weight.shape[0];
  const known =
    ranks.shape[1] <= most
      ? ranks
      : ranks
          .cast("f32")
          .minimum(full([1], most - 1, { device: ranks.device }))
          .cast("i32");
  return table.forward(known);
}
