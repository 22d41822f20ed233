/** Proposition 1, built: k small generators in the weights of one larger network. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { boltzmannPolicy } from "../../../src/goalrank/optimal-policy.ts";
import { approximate, divergence, randomTargets } from "../../../src/goalrank/theorem/approximation.ts";
import { embedMixture, networkLogits } from "../../../src/goalrank/theorem/embedding.ts";
import { GeneratorMixtures } from "../../../src/goalrank/theorem/generator-mixtures.ts";
import { enumerateLists } from "../../../src/goalrank/theorem/list-space.ts";
import {
  generatorLogits,
  listLogProbabilities,
  type Mixture,
  mixtureLogProbabilities,
} from "../../../src/goalrank/theorem/small-generators.ts";
import { Random } from "../../../src/kernels/index.ts";
import { noGrad, scope } from "../../../src/tensor/index.ts";

const test = suite("proposition 1");
const space = enumerateLists(4, 3);

/** Generators of random weights. */
async function drawn(members: number): Promise<Mixture> {
  const random = new Random({ seed: 3, stream: "mixture", step: 0 });
  const model = new GeneratorMixtures(space, { instances: 1, members, width: 2 }, random);
  const mixture = await model.mixtureAt(0);
  model.dispose();
  return mixture;
}

function embeddedError(mixture: Mixture, segments: number) {
  const { network, ...rest } = embedMixture(mixture, space, segments);
  const exact = mixtureLogProbabilities(mixture, space).map(Math.exp);
  const logs = listLogProbabilities(networkLogits(network, space), space);
  return { ...rest, network, logs, error: divergence(exact, logs) };
}

test("a mixture read as numbers is the mixture of the tensors", async () => {
  using _ = scope();
  const random = new Random({ seed: 2, stream: "mixture", step: 0 });
  const model = new GeneratorMixtures(space, { instances: 2, members: 3, width: 2 }, random);
  const logs = noGrad(() => model.logProbabilities().dataSync());
  for (const instance of [0, 1]) {
    const own = mixtureLogProbabilities(await model.mixtureAt(instance), space);
    own.forEach((log, list) => {
      assert.ok(Math.abs(log - logs[instance * space.listCount + list]) < 1e-5);
    });
  }
  model.dispose();
});

test("the generators stand block by block, and every prefix has a unit of its own", async () => {
  const mixture = await drawn(3);
  const { network, width, depth } = embeddedError(mixture, 4);
  const [first] = network.layers;
  assert.is(first.length, 3 * 2 + space.prefixCount);
  assert.is(depth, 1 + 2);
  assert.is(width, Math.max(...network.layers.map((layer) => layer.length)));
  const features = space.prefixFeatures.length / space.prefixCount;
  mixture.members.forEach(({ input }, j) => {
    for (let unit = 0; unit < 2; unit++) {
      for (let f = 0; f < features; f++) assert.is(first[j * 2 + unit].weights[f], input[f * 2 + unit]);
    }
  });
  for (let prefix = 0; prefix < space.prefixCount; prefix++) {
    const input = space.prefixFeatures.subarray(prefix * features, (prefix + 1) * features);
    const lit = first.slice(6).map(({ weights, bias }) => weights.reduce((sum, own, f) => sum + own * input[f], bias));
    lit.forEach((value, unit) => {
      assert.is(Math.max(value, 0), unit === prefix ? 1 : 0);
    });
  }
});

test("one generator alone is embedded exactly", async () => {
  const mixture = await drawn(1);
  const { logs, depth } = embeddedError(mixture, 1);
  assert.is(depth, 1);
  const own = listLogProbabilities(generatorLogits(mixture.members[0], space), space);
  own.forEach((log, list) => {
    assert.ok(Math.abs(log - logs[list]) < 1e-9);
  });
});

test("two generators need one layer more than they have, and the error falls to 0 with the combiner's width", async () => {
  const fit = { seed: 3, restarts: 1, steps: 60 };
  const { mixture } = await approximate(space, randomTargets(space, 1, 1, 7), { members: 2, width: 2 }, fit);
  if (mixture === undefined) throw new Error("the mixture was not kept");
  const found = [1, 4, 16, 64].map((segments) => embeddedError(mixture, segments));
  for (const { error, bound, depth } of found) {
    assert.is(depth, 2);
    assert.ok(error >= -1e-12 && error <= space.length * bound, `${error} ${bound}`);
  }
  const errors = found.map(({ error }) => error);
  for (let i = 1; i < errors.length; i++) assert.ok(errors[i] < errors[i - 1] / 4, errors.join());
  assert.ok(errors[3] < 1e-5, errors.join());
});

test("any number of generators: the error stays under its bound, and falls to 0", async () => {
  for (const members of [3, 5]) {
    const mixture = await drawn(members);
    for (const segments of [8, 64]) {
      const { error, bound, depth } = embeddedError(mixture, segments);
      assert.is(depth, 1 + Math.ceil(Math.log2(members)));
      assert.ok(error >= -1e-12 && error <= space.length * bound);
      if (segments === 64) assert.ok(error < 1e-4, `${error}`);
    }
  }
});

test("as the evaluator's weights sharpen, the network comes to the generator that it likes best", async () => {
  const { members } = await drawn(3);
  const opinions = [0.3, 0.9, 0.5];
  const best = listLogProbabilities(generatorLogits(members[1], space), space).map(Math.exp);
  const errors = [1, 0.1, 0.02].map((temperature) => {
    const logWeights = boltzmannPolicy(opinions, temperature).map(Math.log);
    const { network } = embedMixture({ members, logWeights }, space, 96);
    return divergence(best, listLogProbabilities(networkLogits(network, space), space));
  });
  assert.ok(errors[1] < errors[0] && errors[2] < errors[1] && errors[2] < 1e-3, errors.join());
});

test("a combiner without pieces is an error", async () => {
  const mixture = await drawn(2);
  assert.throws(() => embedMixture(mixture, space, 0), /at least one segment, got 0/);
});

test.run();
