/** The bytes of a ranker's file around a generator that a test made: GoalRank, whatever its weights are. */
import type { Catalogue } from "../src/data/dataset.ts";
import type { Generator } from "../src/goalrank/generator.ts";
import { GOAL_RANK } from "../src/methods/goalrank.ts";
import { goalRankInstance } from "../src/methods/goalrank-policy.ts";
import { encodeRanker, type RankerSource } from "../src/ranker/ranker-file.ts";

/** What a generator does not say of itself. */
export interface GeneratorSource extends Pick<RankerSource, "retriever" | "training"> {
  /** Of as many blocks in its encoder as in its decoder. */
  readonly generator: Generator;
  readonly catalogue: Catalogue;
  readonly candidateCount: number;
  readonly historyLength: number;
}

export function encodeGenerator(source: GeneratorSource): Promise<Uint8Array> {
  const { generator, catalogue, candidateCount, historyLength, ...rest } = source;
  const { encoderLayers: layers, ...options } = generator.options;
  return encodeRanker({
    method: GOAL_RANK,
    instance: goalRankInstance(generator),
    models: {
      context: { ...options, layers, catalogue, candidateCount, historyLength, shared: {} },
      judge: { kind: "list", contextLayers: 0, head: "positions", reading: "top-down", members: 1, pessimism: 0 },
      rewardModels: [],
      contextualJudges: [],
    },
    ...rest,
  });
}
