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
 * How lists are split.
 *
 * - `last-list`: each user's last list is the test. Training lists lie in the first part of the user's own sequence
 *   (0.8 of it), the others are for validation. Section 4.1.1 of the paper; one user's test may lie before another
 *   user's training.
 * - `global-time`: one cut for all users, at the time below which that part of all interactions lies. Training and
 *   validation lists end before the cut; a user's test is the first list that starts at the cut or later. Validation
 *   lists are those within the last tenth of the training interactions by time. A list on both sides of either limit
 *   is in none. What happens at the time of the cut itself belongs to the test.
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
