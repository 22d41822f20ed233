/** A retriever out of a file. */
import type { SafetensorsEntry } from "../../nn/index.ts";
import { ItemNeighbourRetriever } from "./item-neighbours.ts";
import { MatrixRetriever } from "./matrix-retriever.ts";
import { PopularityRetriever } from "./popularity.ts";
import { RETRIEVERS, type Retriever } from "./retriever.ts";

/**
 * @param name of the retriever
 * @param tensors what its `tensors` gave
 * @throws RangeError for another name, tensors that are not its own, or another number of users or items
 */
export function restoreRetriever(
  name: string,
  tensors: ReadonlyMap<string, SafetensorsEntry>,
  { userCount, itemCount }: { readonly userCount: number; readonly itemCount: number },
): Retriever {
  const retriever = restore(name, tensors, userCount);
  if (retriever.userCount !== userCount || retriever.itemCount !== itemCount) {
    const known = `${retriever.userCount} users and ${retriever.itemCount} items`;
    throw new RangeError(`retriever: it knows ${known}; expected ${userCount} and ${itemCount}`);
  }
  return retriever;
}

function restore(name: string, tensors: ReadonlyMap<string, SafetensorsEntry>, userCount: number): Retriever {
  switch (name) {
    case "matrix-factorization":
      return MatrixRetriever.restore(tensors);
    case "popularity":
      return PopularityRetriever.restore(tensors, userCount);
    case "item-neighbours":
      return ItemNeighbourRetriever.restore(tensors);
    default:
      throw new RangeError(`retriever: "${name}" is unknown; there are ${RETRIEVERS.join(", ")}`);
  }
}
