/** What draws random numbers: random tensors, dropout, lists without replacement, and a step of decoding. */
import { chooseNext, dropout, gumbelTopK, random } from "../../src/kernels/index.ts";
import { floats, forward, type KernelCase, mask } from "./kernel-case.ts";
import { CANDIDATES, GROUP, LARGEST_BATCH, LENGTH, WIDTH } from "./sizes.ts";

const key = { seed: 1, stream: "benchmark", step: 0 };
const shape = [LARGEST_BATCH, CANDIDATES, WIDTH];
const activations = floats(...shape);

const drawTensor = (distribution: "uniform" | "normal"): KernelCase => ({
  ...forward({
    operation: random,
    inputs: [],
    attributes: { shape, dtype: "f32", distribution, key },
    note: distribution,
  }),
  shape: `[${shape}]`,
});

/** Rows in which all lists of all groups are decoded at once. */
const ROWS = LARGEST_BATCH * GROUP;
const decoding = [floats(ROWS, CANDIDATES), mask(ROWS, CANDIDATES)];

export const samplingCases: readonly KernelCase[] = [
  drawTensor("uniform"),
  drawTensor("normal"),
  forward({ operation: dropout, inputs: [activations], attributes: { rate: 0.1, key } }),
  forward({
    operation: gumbelTopK,
    inputs: [floats(LARGEST_BATCH, CANDIDATES)],
    attributes: { lists: GROUP, length: LENGTH, key },
    note: `${GROUP} lists of ${LENGTH}`,
  }),
  forward({ operation: chooseNext, inputs: decoding, attributes: {}, note: "greedy" }),
  forward({
    operation: chooseNext,
    inputs: decoding,
    attributes: { sampling: { temperature: 1, key } },
    note: "sampled",
  }),
];
