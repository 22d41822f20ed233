/** What nobody trained: what anyone could do, what was shown, and the best there is. */
import type { RequestColumns } from "../data/dataset.ts";
import { randomLists } from "../goalrank/groups/random.ts";
import { Random, tensor } from "../tensor/index.ts";
import { redrawLists } from "../world/logging-policy.ts";
import { bestLists } from "../world/oracle.ts";
import type { World } from "../world/world.ts";
import { byChoice, byScores, type RankedLists } from "./answering.ts";
import { instanceOf, type Method, type MethodContext, type MethodInstance } from "./method.ts";

/** L candidates drawn uniformly, and scores likewise. */
export const RANDOM: Method = {
  name: "random",
  title: "random",
  family: "reference",
  answersWith: [],
  create({ listLength, seed }) {
    const draw = (size: number, candidates: number, length: number, step: number): RankedLists => {
      const key = { seed, stream: "random ranking", step };
      const { lists } = randomLists(size, 1, { candidates, length, key });
      const random = new Random({ ...key, stream: "random ranking scores" });
      return { lists, scores: Float32Array.from({ length: size * candidates }, () => random.uniform()) };
    };
    const answering = byChoice(Number.MAX_SAFE_INTEGER, listLength, async ({ items }, length, step) =>
      draw(items.shape[0], items.shape[1], length, step),
    );
    return instanceOf({}, answering);
  },
};

/** The candidates that the retriever likes best. */
export const RETRIEVER: Method = {
  name: "retriever",
  title: "retriever",
  family: "reference",
  answersWith: [],
  create: () =>
    instanceOf(
      {},
      byScores({ forward: ({ items, retrieverScores }) => retrieverScores.reshape(items.shape) }),
    ),
};

/** Candidates in the order in which they come: what an order that tells what was exposed is worth. */
export const AS_THEY_COME: Method = {
  name: "candidates-as-they-come",
  title: "candidates as they come",
  family: "reference",
  answersWith: [],
  create: () =>
    instanceOf(
      {},
      byScores({
        forward: ({ items }) => {
          const [requests, count] = items.shape;
          return tensor(
            Float32Array.from({ length: requests * count }, (_, at) => -at % count),
            [requests, count],
          );
        },
      }),
    ),
};

/** The policy that showed the log's lists, asked again. */
export const LOGGING_POLICY: Method = ofWorld("logging-policy", "logging policy", (world, requests, seed) =>
  redrawLists(world, requests, seed),
);

/** The best lists that a search in the world's own rewards finds. */
export const ORACLE: Method = ofWorld("oracle", "oracle", (world, requests) => bestLists(world, requests));

function ofWorld(
  name: string,
  title: string,
  listsOf: (world: World, requests: RequestColumns, seed: number) => Int32Array,
): Method {
  return {
    name,
    title,
    family: "reference",
    answersWith: [],
    create: ({ world, seed }: MethodContext): MethodInstance => ({
      models: {},
      async rank(requests) {
        if (world === undefined) throw new RangeError(`methods: only a world knows ${title}'s answers`);
        // Lists without an opinion on the candidates outside of them.
        const scores = new Float32Array(requests.candidates.length);
        return { lists: listsOf(world, requests, seed), scores };
      },
    }),
  };
}
