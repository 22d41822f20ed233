/** A run on retrieved candidates: its defaults, and a log of purchases, small and full of repeats, from events to a ranker. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Random } from "../../src/kernels/index.ts";
import { decodeRanker } from "../../src/ranker/ranker-file.ts";
import { LOG_RUN, logRun } from "../../src/run/settings.ts";
import { trainRanker } from "../../src/run/train-ranker.ts";
import { purchases } from "../purchases.ts";

test("defaults differ where candidates are retrieved: list-wise, and from the retriever's scores on", () => {
  const { residual, loss, reward, feedbackTraining } = logRun("retrieved");
  assert.equal([residual, loss, reward.kind], [true, "list-wise", "item-softmax-discounted"]);
  assert.ok((feedbackTraining.leastSteps ?? 0) >= 100);
  for (const protocol of ["injected", "logged"] as const) assert.equal(logRun(protocol), LOG_RUN);
  assert.equal([LOG_RUN.residual, LOG_RUN.loss, LOG_RUN.reward.kind], [false, "own", "contextual"]);
});

test("a log of purchases is trained for enough steps, and its file holds what scores begin with", async () => {
  const steps = new Map<string, number>();
  const { file, ranker } = await trainRanker(
    purchases(40, 24, new Random({ seed: 1, stream: "purchases", step: 0 })),
    {
      protocol: "retrieved",
      repeats: true,
      positiveThreshold: 1,
      core: 1,
      listLength: 3,
      candidateCount: 10,
      retriever: "item-neighbours",
      width: 8,
      methods: ["goalrank"],
      generatorEvaluatorLists: [],
      deploy: "goalrank",
      feedbackTraining: { leastSteps: 25 },
      imitationTraining: { leastSteps: 25 },
      policyTraining: { leastSteps: 25 },
    },
    { onProgress: ({ stage, totalSteps }) => steps.set(stage, totalSteps) },
  );
  for (const stage of ["DNN", "imitation", "GoalRank"]) assert.ok((steps.get(stage) ?? 0) >= 25, stage);
  assert.is(decodeRanker(file).shape.residual, true);
  const { items } = await ranker.rank({ user: "customer 3" });
  assert.is(new Set(items).size, 3);
  ranker.dispose();
});

test.run();
