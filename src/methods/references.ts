/** Methods that train nothing of their own: what anyone could do, what was shown, the best there is, shared models. */
import type { RequestBatch } from "../data/batch.ts";
import type { RequestColumns } from "../data/dataset.ts";
import { randomLists } from "../goalrank/groups/random.ts";
import { candidateOpinion } from "../goalrank/judge.ts";
import { Random } from "../tensor/index.ts";
import { redrawLists } from "../world/logging-policy.ts";
import { bestLists } from "../world/oracle.ts";
import type { World } from "../world/world.ts";
import { byChoice, byPolicy, byScores } from "./answering.ts";
import { instanceOf, type Method, sharedModel } from "./method.ts";
import { candidatePlaces } from "./scoring/initial-ranking.ts";

/** L candidates drawn uniformly, and scores likewise. */
export const RANDOM = reference("random", "random", ({ listLength, seed }) => {
  const answering = byChoice(Number.MAX_SAFE_INTEGER, listLength, async ({ items }, length, step) => {
    const [size, candidates] = items.shape;
    const key = { seed, stream: "random ranking", step };
    const { lists } = randomLists(size, 1, { candidates, length, key });
    const random = new Random({ ...key, stream: "random ranking scores" });
    return { lists, scores: Float32Array.from({ length: size * candidates }, () => random.uniform()) };
  });
  return instanceOf({}, answering);
});

/** The candidates that the retriever likes best. */
export const RETRIEVER = reference("retriever", "retriever", () => {
  const forward = ({ items, retrieverScores }: RequestBatch) => retrieverScores.reshape(items.shape);
  return instanceOf({}, byScores({ forward }));
});

/** Candidates in the order in which they come: what an order that tells what was exposed is worth. */
export const AS_THEY_COME = reference("candidates-as-they-come", "candidates as they come", () => {
  const forward = (batch: RequestBatch) => candidatePlaces(batch).cast("f32").neg();
  return instanceOf({}, byScores({ forward }));
});

/** The policy that showed the log's lists, asked again. */
export const LOGGING_POLICY = ofWorld("logging-policy", "logging policy", redrawLists);

/** The best lists that a search in the world's own rewards finds. */
export const ORACLE = ofWorld("oracle", "oracle", bestLists);

/** DNN: the candidates of the highest scores of the shared pointwise ranker. */
export const DNN: Method = {
  name: "dnn",
  title: "DNN",
  family: "generator",
  answersWith: ["pointwise"],
  create: (context) => instanceOf({}, byScores(sharedModel(context, "pointwise"))),
};

/** The judge by itself: the candidates in the order of what it thinks of each. */
export const JUDGE: Method = {
  name: "judge",
  title: "judge alone",
  family: "generator",
  answersWith: ["judge"],
  create(context) {
    const judge = sharedModel(context, "judge");
    return instanceOf({}, byScores({ forward: (batch) => candidateOpinion(judge, batch) }));
  },
};

/** What GoalRank's generator ranks before its first step, where it starts from the contextual judge: the first member. */
export const GOAL_RANK_START: Method = {
  name: "goalrank-start",
  title: "GoalRank's start",
  family: "generator",
  answersWith: ["contextual"],
  create: (context) => instanceOf({}, byScores(sharedModel(context, "contextual"))),
};

/** Imitation: the generator that learned the likelihood of the log's lists, or of their positives. */
export const IMITATION: Method = {
  name: "imitation",
  title: "imitation",
  family: "generator",
  answersWith: ["imitation"],
  create: (context) => instanceOf({}, byPolicy(sharedModel(context, "imitation"))),
};

function reference(name: string, title: string, create: Method["create"]): Method {
  return { name, title, family: "reference", answersWith: [], create };
}

function ofWorld(
  name: string,
  title: string,
  listsOf: (world: World, requests: RequestColumns, seed: number) => Int32Array,
): Method {
  return reference(name, title, ({ world, seed }) => ({
    models: {},
    async rank(requests) {
      if (world === undefined) throw new RangeError(`methods: only a world knows ${title}'s answers`);
      // Lists without an opinion on the candidates outside of them.
      const scores = new Float32Array(requests.candidates.length);
      return { lists: listsOf(world, requests, seed), scores };
    },
  }));
}
