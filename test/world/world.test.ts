import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Random } from "../../src/kernels/philox.ts";
import { createWorld, DEFAULT_WORLD, EmbeddedWorld, type WorldOptions } from "../../src/world/embedded-world.ts";
import { enumerateBest } from "../../src/world/oracle.ts";
import { findScenario } from "../../src/world/scenarios.ts";

const tiny = (options: WorldOptions = {}) => createWorld({ ...findScenario("tiny").options, ...options });
const sigmoid = (logit: number) => 1 / (1 + Math.exp(-logit));
const near = (actual: number, expected: number, tolerance = 1e-12) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not within ${tolerance} of ${expected}`);

/** One user, items whose affinity is their bias, and the partners 0 -> 1 -> 2 -> 0. */
function worldByHand(items: readonly { topic: number; affinity: number }[]): EmbeddedWorld {
  const settings = {
    ...DEFAULT_WORLD,
    userCount: 1,
    itemCount: items.length,
    topicCount: 3,
    latentWidth: 1,
    candidateCount: items.length,
    listLength: 2,
    interestsPerUser: 1,
    baseLogit: 0,
  };
  return new EmbeddedWorld(settings, {
    users: new Float64Array(1),
    items: new Float64Array(items.length),
    itemBiases: Float64Array.from(items, ({ affinity }) => affinity),
    itemTopics: Int32Array.from(items, ({ topic }) => topic),
    topicPartners: Int32Array.of(1, 2, 0),
  });
}

const sameAffinity = worldByHand([0, 0, 0, 1, 1, 2].map((topic) => ({ topic, affinity: 0.5 })));

test("the best list is not the ranking by affinity", () => {
  const world = worldByHand([
    { topic: 0, affinity: 1 },
    { topic: 0, affinity: 0.9 },
    { topic: 1, affinity: 0 },
  ]);
  near(world.expectedReward(0, [0, 1]), sigmoid(1) + 0.95 * sigmoid(0.9 - 1.6));
  near(world.expectedReward(0, [0, 2]), sigmoid(1) + 0.95 * sigmoid(0 + 1.8));
  const best = enumerateBest(world, 0, [0, 1, 2]);
  assert.equal([...best.positions], [0, 2]);
  assert.ok(best.expectedReward > world.expectedReward(0, [0, 1]) + 0.4);
});

test("an item loses the satiation in logits for each earlier item of its topic", () => {
  const probabilities = sameAffinity.expectedFeedback(0, [0, 1, 2]);
  near(probabilities[0], sigmoid(0.5));
  near(probabilities[1], 0.95 * sigmoid(0.5 - 1.6));
  near(probabilities[2], 0.95 ** 2 * sigmoid(0.5 - 3.2));
});

test("an item wins the complement once, after the topic whose partner it is and not before it", () => {
  near(sameAffinity.expectedFeedback(0, [0, 3])[1], 0.95 * sigmoid(0.5 + 1.8));
  near(sameAffinity.expectedFeedback(0, [3, 0])[1], 0.95 * sigmoid(0.5));
  near(sameAffinity.expectedFeedback(0, [0, 1, 3])[2], 0.95 ** 2 * sigmoid(0.5 + 1.8));
  near(sameAffinity.expectedFeedback(0, [0, 3, 4])[2], 0.95 ** 2 * sigmoid(0.5 + 1.8 - 1.6));
});

test("a position shows its item a factor of 0.95 less than the one before it", () => {
  const second = sameAffinity.expectedFeedback(0, [5, 3]);
  near(second[1] / sameAffinity.expectedFeedback(0, [3])[0], 0.95);
});

test("the expected reward is the sum of the expected feedback, and later items do not change earlier ones", () => {
  const world = tiny();
  const item = fc.integer({ min: 0, max: world.settings.itemCount - 1 });
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: world.settings.userCount - 1 }),
      fc.uniqueArray(item, { minLength: 1, maxLength: 6 }),
      (user, list) => {
        const probabilities = world.expectedFeedback(user, list);
        near(
          world.expectedReward(user, list),
          probabilities.reduce((sum, p) => sum + p, 0),
        );
        for (const p of probabilities) assert.ok(p > 0 && p < 1);
        const start = world.expectedFeedback(user, list.slice(0, -1));
        assert.equal([...start], [...probabilities.slice(0, -1)]);
      },
    ),
    { numRuns: 50 },
  );
});

test("the expected reward is the mean of simulated feedback", () => {
  const world = tiny();
  const random = new Random({ seed: 1, stream: "test", step: 0 });
  const draws = 20_000;
  for (const user of [0, 7, 31]) {
    const list = [user, user + 11, user + 22, user + 33];
    let positives = 0;
    for (let draw = 0; draw < draws; draw++) {
      for (const label of world.drawFeedback(user, list, random)) positives += label;
    }
    // A list's feedback has a variance of at most 4 / 4: this is over 4 standard errors.
    near(positives / draws, world.expectedReward(user, list), 0.03);
  }
});

test("the same options give the same world to the bit, another seed another one", () => {
  const { latents, catalogue } = tiny({ seed: 5 });
  assert.equal(tiny({ seed: 5 }).latents, latents);
  assert.equal(tiny({ seed: 5 }).catalogue, catalogue);
  assert.not.equal(tiny({ seed: 6 }).latents.users, latents.users);
  assert.not.equal(tiny({ seed: 6 }).catalogue.itemFeatures, catalogue.itemFeatures);
});

test("affinities of the default world spread by about a logit around zero", () => {
  const world = createWorld();
  const affinities: number[] = [];
  for (let user = 0; user < world.settings.userCount; user += 20) {
    for (let item = 0; item < world.settings.itemCount; item++) affinities.push(world.affinity(user, item));
  }
  const mean = affinities.reduce((sum, a) => sum + a, 0) / affinities.length;
  const variance = affinities.reduce((sum, a) => sum + (a - mean) ** 2, 0) / affinities.length;
  near(mean, 0, 0.3);
  near(Math.sqrt(variance), 1.2, 0.4);
});

test("partners form one cycle through all topics", () => {
  for (const seed of [1, 2, 3]) {
    const { topicPartners } = tiny({ seed }).latents;
    const met = new Set<number>();
    for (let topic = 0; !met.has(topic); topic = topicPartners[topic]) met.add(topic);
    assert.is(met.size, topicPartners.length);
  }
});

test("items of a topic can be told from their observed topic code", () => {
  const world = createWorld();
  const { latentWidth, topicCodeWidth, topicCount, itemCount } = world.settings;
  const { itemTopics } = world.latents;
  const features = world.catalogue.itemFeatures;
  assert.ok(features);
  assert.is(features.width, latentWidth + topicCodeWidth + 1);
  const code = (item: number) =>
    features.data.subarray(item * features.width + latentWidth, (item + 1) * features.width - 1);
  const firstOfTopic = Array.from({ length: topicCount }, (_, topic) => itemTopics.indexOf(topic));
  let correct = 0;
  for (let item = 0; item < itemCount; item++) {
    const distances = firstOfTopic.map((first) =>
      code(item).reduce((sum, value, k) => sum + (value - code(first)[k]) ** 2, 0),
    );
    if (distances.indexOf(Math.min(...distances)) === itemTopics[item]) correct++;
  }
  assert.ok(correct > 0.9 * itemCount, `${correct} of ${itemCount}`);
});

test("users' and items' features are their latents with noise of the stated spread", () => {
  const world = tiny({ featureNoise: 0.2 });
  const { latentWidth, itemCount } = world.settings;
  const { userFeatures, itemFeatures } = world.catalogue;
  assert.ok(userFeatures && itemFeatures);
  const spread = (errors: readonly number[]) =>
    Math.sqrt(errors.reduce((sum, error) => sum + error ** 2, 0) / errors.length);
  near(spread(Array.from(userFeatures.data, (value, k) => value - world.latents.users[k])), 0.2, 0.03);
  const itemErrors = Array.from({ length: itemCount * latentWidth }, (_, index) => {
    const item = Math.floor(index / latentWidth);
    return itemFeatures.data[item * itemFeatures.width + (index % latentWidth)] - world.latents.items[index];
  });
  near(spread(itemErrors), 0.2, 0.03);
  const biasErrors = Array.from(
    world.latents.itemBiases,
    (bias, item) => itemFeatures.data[(item + 1) * itemFeatures.width - 1] - bias,
  );
  near(spread(biasErrors), 0.2, 0.06);
});

test("options out of range are errors that say what was expected", () => {
  assert.throws(() => tiny({ listLength: 13 }), /listLength must be at most the 12 candidates, got 13/);
  assert.throws(() => tiny({ candidateCount: 81 }), /candidateCount must be at most the 80 items, got 81/);
  assert.throws(() => tiny({ interestsPerUser: 7 }), /interestsPerUser must be at most the 6 topics, got 7/);
  assert.throws(() => tiny({ userCount: 0 }), /userCount must be a positive integer, got 0/);
  assert.throws(() => tiny({ topicCount: 1 }), /topicCount must be an integer of at least 2, got 1/);
  assert.throws(() => tiny({ positionDecay: 1.1 }), /positionDecay must be over 0 and at most 1, got 1.1/);
  assert.throws(() => tiny({ policyTemperature: 0 }), /policyTemperature must be finite and over 0, got 0/);
  assert.throws(() => tiny({ retrieverNoise: -1 }), /retrieverNoise must be finite and at least 0, got -1/);
  assert.throws(() => tiny({ satiation: Number.NaN }), /satiation must be a finite number, got NaN/);
  assert.throws(() => tiny({ seed: -1 }), /seed must be an integer/);
});

test("a user or item that is not in the world is an error, and so are latents that do not fit", () => {
  const world = tiny();
  assert.throws(() => world.expectedReward(60, [0]), /user must be an integer from 0 to 59, got 60/);
  assert.throws(() => world.expectedReward(0, [1, 80]), /from 0 to 79, got 80 at position 1/);
  const latents = { ...world.latents, itemBiases: new Float64Array(3) };
  assert.throws(() => new EmbeddedWorld(world.settings, latents), /length of latents.itemBiases must be 80, got 3/);
});

test.run();
