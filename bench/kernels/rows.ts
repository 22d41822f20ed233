/** What works on the rows of a tensor: the softmax family, the losses, and layer norm. */
import { crossEntropy, groupCrossEntropy, layerNorm, logSoftmax, logSumExp, softmax } from "../../src/kernels/index.ts";
import { backward, floats, forward, type KernelCase, mask } from "./kernel-case.ts";
import { BATCHES, CANDIDATES, GROUP, LARGEST_BATCH, LENGTH, SQUARES, WIDTH } from "./sizes.ts";

/** Logits of every position of every list of a batch. */
const logits = (batch: number) => floats(batch, GROUP * LENGTH, CANDIDATES);
const noAttributes = { attributes: undefined };

const softmaxCases = BATCHES.flatMap((batch) =>
  [softmax, logSoftmax, logSumExp].flatMap((operation) => {
    const call = { operation, inputs: [logits(batch)], ...noAttributes };
    return [forward(call), backward(call)];
  }),
);

const free = mask(LARGEST_BATCH, GROUP * LENGTH, CANDIDATES);
const maskedCases = [softmax, logSoftmax].map((operation) =>
  forward({ operation, inputs: [logits(LARGEST_BATCH), free], ...noAttributes, note: "masked" }),
);

const squareCases = SQUARES.map((extent) =>
  forward({ operation: softmax, inputs: [floats(extent, extent)], ...noAttributes, isLarge: extent > 1024 }),
);

const classification = {
  operation: crossEntropy,
  inputs: [floats(LARGEST_BATCH * LENGTH, CANDIDATES), floats(LARGEST_BATCH * LENGTH, CANDIDATES)],
  ...noAttributes,
};
const towardsReference = {
  operation: groupCrossEntropy,
  inputs: [floats(LARGEST_BATCH, GROUP), floats(LARGEST_BATCH, GROUP)],
  attributes: { normalisation: "group", temperature: 1, minimumSpread: 1e-6 } as const,
};

const layerNormCases = BATCHES.flatMap((batch) => {
  const inputs = [floats(batch, CANDIDATES, WIDTH), floats(WIDTH), floats(WIDTH)];
  const call = { operation: layerNorm, inputs, attributes: { epsilon: 1e-5 } };
  return [forward(call), backward(call)];
});

export const rowCases: readonly KernelCase[] = [
  ...softmaxCases,
  ...maskedCases,
  ...squareCases,
  forward(classification),
  backward(classification),
  forward(towardsReference),
  backward(towardsReference),
  ...layerNormCases,
];
