/** List effects are found where a world has them, and not where it has none. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { measureListEffects } from "../../src/experiments/list-context.ts";
import { createWorld } from "../../src/world/embedded-world.ts";
import { drawLog } from "../../src/world/logging-policy.ts";

const test = suite("list effects");

function effectsOf(strength: { readonly satiation: number; readonly complement: number }) {
  const world = createWorld({ seed: 2, userCount: 40, itemCount: 20, topicCount: 3, candidateCount: 12, ...strength });
  const draw = (stream: string, size: number) => drawLog(world, { size, seed: 2, stream });
  return measureListEffects({ training: draw("training", 3000), held: draw("test", 500) }, world.catalogue, {
    seed: 1,
    permutations: 19,
  });
}

test("a world in which a topic tires shows it, most when read from the top down", () => {
  const effects = effectsOf({ satiation: 3, complement: 0 });
  assert.is(effects["item alone"].gain, 0);
  assert.ok(effects["top-down"].gain > effects["top-down"].halfWidth, JSON.stringify(effects));
  assert.is(effects["top-down"].pValue, 1 / 20);
  assert.ok(effects["top-down"].logLoss < effects["whole list"].logLoss, JSON.stringify(effects));
});

test("a world of items by themselves shows none", () => {
  const effects = effectsOf({ satiation: 0, complement: 0 });
  assert.ok(effects["whole list"].gain < effects["whole list"].halfWidth, JSON.stringify(effects));
  assert.ok(effects["top-down"].gain < effects["top-down"].halfWidth, JSON.stringify(effects));
  assert.equal(effectsOf({ satiation: 0, complement: 0 }), effects);
});

test.run();
