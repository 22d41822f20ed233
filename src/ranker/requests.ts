/** What a ranker is asked and what it answers, in the names that the log has for users and items. */
import type { FeatureValue } from "../data/features/encode-features.ts";
import { excerpt } from "../text/excerpt.ts";

/** What the log calls a user, an item or a category; a number is the text of it. */
export type Name = string | number;

/** Raw values by the names of the columns that the ranker learned from. */
export type Features = Readonly<Record<string, FeatureValue>>;

/** Numbers in the order of the columns that the ranker learned from. */
export type GivenNumbers = readonly number[] | Float32Array;

/** What may become of candidates that the ranker does not know: they are listed last, left out, or an error. */
export const UNKNOWN_CANDIDATES = ["last", "skip", "error"] as const;
/** One of {@link UNKNOWN_CANDIDATES}. */
export type UnknownCandidates = (typeof UNKNOWN_CANDIDATES)[number];

/** An item that the user met: positive unless `feedback` says otherwise. */
export interface HistoryEntry {
  readonly item: Name;
  /** 0 or less: the user met the item and did not like it. 1 unless given. */
  readonly feedback?: number | undefined;
}

/** An item to choose from. */
export interface Candidate {
  /** Its place among the candidates, from 0, is its name unless given: where a candidate is its features. */
  readonly item?: Name | undefined;
  /** The retriever's score of the item; the ranker computes it unless given. */
  readonly score?: number | undefined;
  /**
   * An item that the ranker does not know is ranked by them; of a known one they replace what the ranker has. Of a ranker
   * that learned from queries with features, the candidate's own in this request: raw numbers by name, of which those
   * left out are 0, or all of them in order.
   */
  readonly features?: Features | GivenNumbers | undefined;
}

/** An item that stands at a position, counted from 0. */
export interface PinnedItem {
  readonly item: Name;
  readonly position: number;
}

/** A product's rules that the list meets. */
export interface RequestConstraints {
  /** Items that must not appear. */
  readonly exclude?: readonly Name[] | undefined;
  readonly pins?: readonly PinnedItem[] | undefined;
  /** At most `limit` items of one category; `of` names the category of each candidate that has one. */
  readonly categories?: { readonly of: Readonly<Record<string, Name>>; readonly limit: number } | undefined;
}

/** How a list is drawn in place of the best one, to learn what others are worth. */
export interface ExploreRequest {
  /** The same key, with the same request, draws the same list. */
  readonly key: Name;
  /** 1, the default, draws by the method's own probabilities; less keeps nearer to its best list, which 0 is. */
  readonly temperature?: number | undefined;
  /** Draws from the likeliest candidates whose probabilities sum to at least this: above 0, at most 1, the default. */
  readonly topP?: number | undefined;
  /** Probability that an item is any that may stand there, all alike: from 0, the default, to 1. */
  readonly epsilon?: number | undefined;
}

/** How a list was drawn, and how likely that was. */
export interface Drawn {
  readonly temperature: number;
  readonly topP: number;
  readonly epsilon: number;
  /** log of the probability with which each item was drawn, after those before it: 0 for one that had to stand there. */
  readonly logProbabilities: readonly number[];
  /** Their sum: log of the probability with which this list was drawn, for this request and its rules. */
  readonly logProbability: number;
}

/** A request for one list. */
export interface RankRequest {
  /** Comes back with the answer. */
  readonly id?: Name | undefined;
  /**
   * The user's name in the log. A known one brings the features, the retriever's knowledge and the history that the
   * ranker holds; nothing is known of another besides the history.
   */
  readonly user?: Name | undefined;
  /** Of a user whom the log never saw, or in place of what the ranker has of a known one. */
  readonly userFeatures?: Features | undefined;
  /** Of the query, where the ranker learned from queries that have any: raw numbers by name, or all of them in order. */
  readonly features?: Features | GivenNumbers | undefined;
  /**
   * What the user met, oldest first, in place of what the log says of a known user. Items that the ranker does not know
   * are passed over.
   */
  readonly history?: readonly (Name | HistoryEntry)[] | undefined;
  /**
   * Distinct items, in any order. Without them the ranker's own retriever chooses as many as the
   * ranker was trained with, of those that were met neither in the history nor, by a known user, in the log.
   */
  readonly candidates?: readonly (Name | Candidate)[] | undefined;
  /** What becomes of candidates that the ranker does not know and that have no features: `last` unless given. */
  readonly unknown?: UnknownCandidates | undefined;
  /** Items of the list: the length that the ranker was trained for, which is also the most, unless given. */
  readonly length?: number | undefined;
  /** Whether the retriever may choose what the user met; as the log was prepared (`data.repeats`) unless given. */
  readonly repeats?: boolean | undefined;
  readonly constraints?: RequestConstraints | undefined;
  /** Whether the answer names the candidates, such as the retriever found them. */
  readonly tellCandidates?: boolean | undefined;
  /** Draws the list in place of the best one. */
  readonly explore?: ExploreRequest | undefined;
}

/** The answer to a request. */
export interface RankedList {
  /** Of the request, where it has one. */
  readonly id?: Name | undefined;
  /** Best first. */
  readonly items: readonly string[];
  /** The place of each item among the request's candidates, from 0, where these come with features of their own. */
  readonly places?: readonly number[] | undefined;
  /** Probability of each item at its place, given those before it; 0 for an unknown one that is listed last. */
  readonly scores: readonly number[];
  /** Of the list without unknown items at its end: the sum of the logarithms of their scores. */
  readonly logProbability: number;
  /** Entries of the history that the ranker does not know and passed over. */
  readonly unknownHistory: number;
  /** What the list was chosen from, in order, where the request asks for it. */
  readonly candidates?: readonly string[] | undefined;
  /** Of a list that was drawn: how, and with what probability. */
  readonly drawn?: Drawn | undefined;
  /** Candidates that the ranker does not know, whatever became of them; missing where there are none. */
  readonly unknownCandidates?: readonly string[] | undefined;
}

/** `type`: not of the form of a request; `count`: too many candidates or entries; `length`: too long or too short. */
export const REQUEST_PROBLEMS = ["type", "unknown-item", "duplicate", "length", "count", "constraints"] as const;
/** One of {@link REQUEST_PROBLEMS}. */
export type RequestProblem = (typeof REQUEST_PROBLEMS)[number];

/** A request that cannot be answered. */
export class RankRequestError extends Error {
  override readonly name = "RankRequestError";

  constructor(
    readonly code: RequestProblem,
    message: string,
    /** The part of the request that is wrong, such as `candidates[3]`. */
    readonly path?: string,
  ) {
    // Names come from outside: a message is one line, whatever they hold.
    super(excerpt(path === undefined ? message : `${path}: ${message}`, 500));
  }
}

/** What `read` gives, or the {@link RankRequestError} that it throws. */
export function orRequestError<Result>(read: () => Result): Result | RankRequestError {
  try {
    return read();
  } catch (error) {
    if (error instanceof RankRequestError) return error;
    throw error;
  }
}
