/** The names of what a report of results must say: how lists were split, and how their candidates were chosen. */

/** What lists are for. */
export const SPLITS = ["training", "validation", "test"] as const;
/** One of {@link SPLITS}. */
export type SplitName = (typeof SPLITS)[number];

/** What `make` gives for each split. */
export function eachSplit<Made>(make: (split: SplitName) => Made): Record<SplitName, Made> {
  return { training: make("training"), validation: make("validation"), test: make("test") };
}

/** All split protocols. */
export const SPLIT_PROTOCOLS = ["last-list", "global-time"] as const;

/**
 * How lists are split. A user has at most one validation list and one test list, and validation stands to the training
 * as the test stands to both, so that what is chosen on the one holds on the other.
 *
 * - `last-list`: each user's last list is the test, the one before it validation; training lists lie in the first part
 *   of the user's own sequence (0.8 of it) before these. Section 4.1.1 of the paper; one user's test may lie before
 *   another user's training. Of two lists the first is for training where it lies in that part.
 * - `global-time`: one cut for all users, at the time below which that part of all interactions lies, and an earlier one
 *   for validation, which divides the time before it in the same way (0.64 of all interactions). Training lists end
 *   before the earlier cut; a user's validation is the first list between the cuts, the test the first list after the
 *   later one. What happens at the time of a cut belongs to what comes after it.
 *
 * Lists on both sides of a limit, and a user's other lists after training, are in none.
 */
export type SplitProtocol = (typeof SPLIT_PROTOCOLS)[number];

/** How a log was split: by a protocol, or by the files that its interactions lie in. */
export const SPLIT_ORIGINS = [...SPLIT_PROTOCOLS, "files", "queries"] as const;
/** One of {@link SPLIT_ORIGINS}. */
export type SplitOrigin = (typeof SPLIT_ORIGINS)[number];

/** All candidate protocols. */
export const CANDIDATE_PROTOCOLS = ["injected", "retrieved", "logged"] as const;

/**
 * How the N candidates of a list are chosen.
 *
 * - `injected`: the L exposed items and the retriever's best N - L of the items that the user meets nowhere in the
 *   log. This is what the paper's figures imply: a ranker is measured largely on telling exposed from retrieved.
 * - `retrieved`: the retriever's best N of the items that the user had not met before the list. Exposed items are
 *   candidates only if the retriever found them; for the others the dataset's `exposed` holds -1. For evaluation.
 * - `logged`: the candidates that the log names for the list, shown or not: the L exposed items and N - L of the
 *   others, drawn uniformly where there are more. For logs that carry lists; see `withLoggedCandidates`.
 */
export type CandidateProtocol = (typeof CANDIDATE_PROTOCOLS)[number];
