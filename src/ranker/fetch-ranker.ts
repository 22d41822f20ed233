/** Loads a ranker in a browser, from an address. */
import { Ranker, type RankerOptions } from "./ranker.ts";
import { RankerFileError } from "./ranker-file.ts";

/**
 * Loads a trained ranker.
 * @param source the address of a ranker's file, or its bytes
 * @throws RankerFileError when it cannot be fetched, or is damaged, cut short or of another version
 */
export async function loadRanker(source: string | URL | Uint8Array, options?: RankerOptions): Promise<Ranker> {
  if (source instanceof Uint8Array) return Ranker.create(source, options);
  const response = await fetch(source).catch((cause: Error) => {
    throw new RankerFileError(`${source}: the ranker cannot be fetched (${cause.message})`, { cause });
  });
  if (!response.ok) throw new RankerFileError(`${source}: the ranker cannot be fetched (status ${response.status})`);
  return Ranker.create(new Uint8Array(await response.arrayBuffer()), options);
}
