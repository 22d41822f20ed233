/** MIR: it fits what it is shown, sees candidates as a set, and the history as a sequence. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { ListDataset } from "../../src/data/dataset.ts";
import { fadedAffinities, featureAffinities, MIR, MultiLevelReranker, readEachOther } from "../../src/methods/mir.ts";
import { pointwiseLoss } from "../../src/methods/scoring/scoring-method.ts";
import { tensor } from "../../src/tensor/index.ts";
import { world } from "../small-world.ts";
import {
  assertEquivariant,
  assertFits,
  assertLearns,
  assertNear,
  assertRequestsApart,
  scoresOf,
} from "./scoring/scoring-checks.ts";
import { lists32, random, WIDTH, withHistory } from "./small-context.ts";

const test = suite("MIR");

const HISTORY = 5;
const remembering = withHistory(lists32, HISTORY);

function createModel({ historyLength }: ListDataset): MultiLevelReranker {
  const options = { width: WIDTH, heads: 2, historyLength, hiddenWidths: [24, 12], dropoutRate: 0, seed: 3 };
  return new MultiLevelReranker(world.catalogue, options, random("MIR"));
}

for (const [name, dataset] of [
  ["with a history", remembering],
  ["without a history", lists32],
] as const) {
  test(`${name} it fits 32 lists: nothing is lost, and the positives come first`, () =>
    assertFits(createModel(dataset), pointwiseLoss, 0, { epochs: 150 }, dataset));

  test(`${name} it is equivariant to the order of candidates`, () => {
    assertEquivariant(createModel(dataset), dataset);
  });

  test(`${name} a request's scores do not depend on the batch's other requests`, () => {
    assertRequestsApart(createModel(dataset), dataset);
  });
}

test("affinities fade with the age of the history's items, the last of which is one interaction old", () => {
  const theta = 0.7;
  const raw = [1, -2, 0.5, 0.25, 3, -1];
  const faded = fadedAffinities(tensor(raw, [1, 3, 2]), tensor([theta], [1, 1, 1])).dataSync();
  const ages = [3, 2, 1].map((interactions) => Math.log2(interactions));
  const expected = raw.map((value, at) => Math.tanh(value * Math.exp(-theta * ages[Math.floor(at / 2)])));
  assertNear(faded, expected, 1e-6);
});

test("every feature of the history's items meets every feature of the candidates, by one matrix and a number a pair", () => {
  const draw = random("features");
  const numbers = (count: number) => Array.from({ length: count }, () => draw.normal());
  const [history, candidates, width] = [3, 4, 2];
  const ofHistory = [numbers(history * width), numbers(history * width)];
  // The last feature is one that all candidates share.
  const ofCandidates = [numbers(candidates * width), numbers(candidates * width), numbers(width)];
  const [mixing, kernel] = [numbers(width * width), numbers(6)];
  const expected = Array.from({ length: history * candidates }, (_, at) => {
    const [h, n] = [Math.floor(at / candidates), at % candidates];
    let sum = 0;
    ofHistory.forEach((f, a) => {
      ofCandidates.forEach((g, b) => {
        for (let i = 0; i < width; i++) {
          for (let j = 0; j < width; j++) {
            const other = g[b === 2 ? j : n * width + j];
            sum += kernel[a * 3 + b] * f[h * width + i] * mixing[i * width + j] * other;
          }
        }
      });
    });
    return sum;
  });
  const actual = featureAffinities(
    ofHistory.map((values) => tensor(values, [1, history, width])),
    ofCandidates.map((values) => tensor(values, [1, values.length / width, width])),
    tensor(mixing, [width, width]),
    tensor(kernel, [2, 3]),
  );
  assertNear(actual.dataSync(), expected, 1e-5);
});

test("the features' affinities take part in the scores", () => {
  const model = createModel(remembering);
  const before = [...scoresOf(model, remembering)];
  const [kernel] = [...model.namedParameters()].filter(([name]) => name.endsWith("kernel")).map(([, own]) => own);
  kernel.assign(new Float32Array(kernel.size).fill(3));
  const after = [...scoresOf(model, remembering)];
  assert.ok(after.some((score, at) => Math.abs(score - before[at]) > 1e-4));
});

test("candidates and history read each other as the formula says", () => {
  // V [N, 2], Q [H, 2], of which the first row is padding, C [H, N].
  const candidates = [
    [1, 2],
    [-1, 0.5],
    [0.3, 0.7],
  ];
  const history = [
    [0, 0],
    [2, -1],
    [0.4, 1.5],
  ];
  const affinities = [
    [0, 0, 0],
    [0.9, -0.4, 0.1],
    [-0.2, 0.6, 0.8],
  ];
  const [candidateWeight, historyWeight] = [
    [0.5, -0.3],
    [0.2, 0.7],
  ];
  const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, i) => sum + x * b[i], 0);
  const ofCandidates = candidates.map((row) => dot(row, candidateWeight));
  const ofHistory = history.map((row) => dot(row, historyWeight));
  /** Rows weighted by the softmax of logits. */
  const read = (logits: readonly number[], rows: readonly (readonly number[])[]) => {
    const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
    return [0, 1].map((d) =>
      dot(
        logits.map((logit) => Math.exp(logit) / total),
        rows.map((row) => row[d]),
      ),
    );
  };
  const expected = candidates.flatMap((_, i) => [
    ...read(
      candidates.map((_, j) =>
        Math.tanh(
          ofCandidates[i] +
            dot(
              ofHistory,
              affinities.map((row) => row[j]),
            ),
        ),
      ),
      candidates,
    ),
    ...read(
      [1, 2].map((h) =>
        Math.tanh(
          ofHistory[h] +
            dot(
              affinities[h],
              affinities[h].map(() => ofCandidates[i]),
            ),
        ),
      ),
      history.slice(1),
    ),
  ]);
  const actual = readEachOther(
    tensor(candidates.flat(), [1, 3, 2]),
    { rows: tensor(history.flat(), [1, 3, 2]), present: tensor(Int32Array.of(0, 1, 1), [1, 3]) },
    tensor(affinities.flat(), [1, 3, 3]),
    tensor(ofCandidates, [1, 3, 1]),
    tensor(ofHistory, [1, 3, 1]),
  );
  assertNear(actual.dataSync(), expected, 1e-6);
});

/** Scores of one request after a history that is the same for every request. */
function scoresAfter(model: MultiLevelReranker, items: readonly number[], liked: readonly number[]): number[] {
  const repeat = (values: readonly number[]) => Array.from({ length: lists32.size }, () => values).flat();
  const dataset = {
    ...remembering,
    history: Int32Array.from(repeat(items)),
    historyFeedback: Float32Array.from(repeat(liked)),
  };
  return [...scoresOf(model, dataset).subarray(0, lists32.candidateCount)];
}

/** Largest difference of two rows of scores. */
const distance = (a: readonly number[], b: readonly number[]) =>
  Math.max(...a.map((score, n) => Math.abs(score - b[n])));

test("the order of the history counts, and so does which of its items were liked", () => {
  const model = createModel(remembering);
  const before = scoresAfter(model, [1, 2, 3, 4, 5], [0, 1, 0, 1, 1]);
  assert.ok(distance(before, scoresAfter(model, [5, 2, 3, 4, 1], [1, 1, 0, 1, 0])) > 1e-4);
  // What the encoder knows of the user is the same here: the mean items with and without a positive.
  const [first, last] = [
    [1, 1, 0, 0],
    [0, 0, 1, 1],
  ].map((liked) => scoresAfter(model, [-1, 6, 6, 6, 6], [0, ...liked]));
  assert.ok(distance(first, last) > 1e-4);
});

test("where a short history is padded, nothing is read", () => {
  const items = [-1, -1, 3, 4, 5];
  const model = createModel(remembering);
  const before = scoresAfter(model, items, [0, 0, 0, 1, 1]);
  // Item 0 stands where there is nothing.
  const embedding = model.namedParameters().get("encoder.itemEmbedding.weight");
  assert.ok(embedding);
  const values = embedding.dataSync();
  embedding.assign(values.map((value, at) => (at < WIDTH ? value + 1 : value)) as typeof values);
  const position = lists32.candidates.subarray(0, lists32.candidateCount).indexOf(0);
  assert.is(position, -1, "the request's candidates must not be item 0");
  assert.ok(distance(before, scoresAfter(model, items, [0, 0, 0, 1, 1])) < 1e-6);
  assert.ok(distance(before, scoresAfter(model, [-1, 0, 3, 4, 5], [0, 0, 0, 1, 1])) > 1e-4);
});

test("someone without any history is scored", () => {
  const scores = scoresAfter(createModel(remembering), [-1, -1, -1, -1, -1], [0, 0, 0, 0, 0]);
  assert.ok(scores.every(Number.isFinite));
});

test("it learns on the tiny world and ranks distinct candidates", () => assertLearns(MIR));

test.run();
