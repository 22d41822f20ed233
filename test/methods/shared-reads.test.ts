/** What methods say of the shared models that they read: a comparison counts the cost of those, and a ranker's file holds them. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { selectRows } from "../../src/data/dataset.ts";
import { findMethod, METHODS } from "../../src/methods/index.ts";
import type { MethodContext, SharedModelName } from "../../src/methods/method.ts";
import { createSharedModels } from "../../src/methods/shared-models.ts";
import { createSchool, lists32, withHistory } from "./small-context.ts";

const test = suite("shared models");

const few = withHistory(
  selectRows(
    lists32,
    Int32Array.from({ length: 8 }, (_, row) => row),
  ),
);
const school = await createSchool(few);
const contextualKind = { ...school.models.judge, kind: "contextual" } as const;
const { contextual } = createSharedModels(school.models.context, contextualKind, ["contextual"]).context.shared;
assert.ok(contextual);
contextual.train(false);
const { shared } = school.models.context;
const context = { ...school.models.context, shared: { ...shared, contextual } };
const lesson = { ...school.lesson, train: async () => {} };

/** The context with these shared models alone, and the names of those that were read. */
function knowing(names: readonly SharedModelName[]): { own: MethodContext; read: Set<string> } {
  const read = new Set<string>();
  const limited = new Proxy(context.shared, {
    get(models, name: SharedModelName) {
      if (models[name] !== undefined) read.add(name);
      return names.includes(name) ? models[name] : undefined;
    },
  });
  return { own: { ...context, shared: limited }, read };
}

for (const method of [...METHODS, findMethod("generator-evaluator-5"), findMethod("imitation-evaluator-5")]) {
  const { name, answersWith, learnsWith = [] } = method;

  test(`${name} reads the shared models that it names, and no others`, async () => {
    const all = [...new Set([...answersWith, ...learnsWith])];
    const { own, read } = knowing(all);
    const instance = method.create(own);
    await instance.learn?.(lesson);
    for (const model of Object.values(instance.models)) model.train(false);
    const { lists } = await instance.rank(lesson.training);
    assert.equal([...read].sort(), all.sort());

    // Once it has learned, it answers with fewer.
    const { own: answering, read: readToAnswer } = knowing(answersWith);
    const again = method.create(answering);
    for (const [model, weights] of Object.entries(again.models)) {
      weights.train(false).loadStateDict(await instance.models[model].stateDict());
    }
    if (instance.choices !== undefined) again.choices?.set(instance.choices.get());
    assert.equal((await again.rank(lesson.training)).lists, lists);
    assert.equal([...readToAnswer].sort(), [...answersWith].sort());
  });
}

test.run();
