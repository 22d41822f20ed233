/** Where several experiments differ from the paper, in sentences for the document of results. */

export const SMALLER_MODELS =
  "The paper's models have width 128, and its program trains them for 200 epochs; these have the width and the few epochs " +
  "of src/experiments/datasets.ts, for minutes on two cores.";

/** What figures on injected candidates mean. */
export function injectedCandidates(dataset: string): readonly string[] {
  if (!dataset.includes("injected")) return [];
  return [
    "Candidates are injected, as in the paper: the exposed items and the retriever's best others. Such figures mostly tell " +
      "how well a method separates exposed from retrieved items.",
  ];
}
