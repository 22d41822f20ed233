/** What a ranker's training means for candidates of its own choice. */
import type { RankerDescription } from "./ranker.ts";

/**
 * What whoever lets a ranker choose its own candidates should know; undefined where there is nothing to say. A ranker
 * that learned from injected candidates learned that what its retriever likes was not shown.
 */
export function retrievalWarning({ training }: Pick<RankerDescription, "training">): string | undefined {
  if (training.candidates !== "injected") return undefined;
  return (
    "this ranker learned from injected candidates: rank candidates that you give it; those of its own retriever " +
    "are unlike what it learned from (train with data.protocol: retrieved for that)"
  );
}
