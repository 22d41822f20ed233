/** Sizes that the models of a run share. */

/** Plain data, which a ranker's file holds; each model reads what it needs of it. */
export interface ModelShape {
  /** The most positions and candidates of a request, L and N, and H; without a history H is 0. */
  readonly listLength: number;
  readonly candidateCount: number;
  readonly historyLength: number;
  /** D */
  readonly width: number;
  /** Of attention. */
  readonly heads: number;
  /** Blocks, or layers of whatever kind a model stacks. */
  readonly layers: number;
  readonly dropoutRate: number;
  readonly seed: number;
  /** Whether scores begin as the retriever's, and what a model learns is added to them; not unless given. */
  readonly residual?: boolean;
  /**
   * Whether there are candidates that were not shown and count 0, so that models may learn what is shown apart from what
   * is liked; not unless given.
   */
  readonly entireSpace?: boolean;
  /** Whether GoalRank's generator starts as the ranking of the contextual judge; not unless given. */
  readonly judgeStart?: boolean;
}

/** What keys a model's dropout: unlike that of every other model of a run. */
export interface ModelStream {
  readonly stream: string;
}
