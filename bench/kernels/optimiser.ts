/** What ends a step: the sum of squares behind gradient clipping, the update of AdamW, the search for NaN. */
import { adamWStep, countNonFinite, type GradientOperation, sumOfSquares } from "../../src/kernels/index.ts";
import { apply, applyInPlace, full, zeros } from "../../src/tensor/index.ts";
import { bytes, bytesOf, composed, describeShapes, floats, type Input, type KernelCase } from "./kernel-case.ts";
import { FEED_FORWARD, WIDTH } from "./sizes.ts";

/** The parameters of a Transformer of `layers` layers: matrices with their biases, gains and offsets. */
function layerParameters(layers: number): Input[] {
  const square = [floats(WIDTH, WIDTH), floats(WIDTH)];
  const network = [floats(WIDTH, FEED_FORWARD), floats(FEED_FORWARD), floats(FEED_FORWARD, WIDTH), floats(WIDTH)];
  const norms = Array.from({ length: 4 }, () => floats(WIDTH));
  const layer = [...square, ...square, ...square, ...square, ...network, ...norms];
  return Array.from({ length: layers }, () => layer).flat();
}

function update(parameters: readonly Input[]): KernelCase {
  let elements = 0;
  const offsets = parameters.map((parameter) => {
    const offset = elements;
    elements += bytesOf(parameter) / 4;
    return offset;
  });
  return {
    kernel: "adamWStep",
    shape: describeShapes(parameters),
    // Parameter, gradient and two moments are read; all but the gradient are written.
    work: bytes(7 * bytesOf(...parameters)),
    isLarge: false,
    prepare() {
      const state = zeros([adamWStep.stateRows, elements]);
      const targets = parameters.map((parameter) => parameter.create());
      const pairs = targets.flatMap((target, i) => [target, parameters[i].create()]);
      const inputs = [full([], 1), state, ...pairs];
      const rates = { learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 1e-4 };
      return () => applyInPlace(adamWStep, inputs, [state, ...targets], { ...rates, step: 1, offsets });
    },
  };
}

/** An operation that reads all parameters' gradients and tells a few numbers. */
function survey(operation: GradientOperation, parameters: readonly Input[]): KernelCase {
  return composed(
    operation.name,
    parameters,
    bytes(bytesOf(...parameters)),
    (...gradients) => apply(operation, gradients, undefined)[0],
  );
}

export const optimiserCases: readonly KernelCase[] = [[floats(1024, 1024)], layerParameters(2)].flatMap(
  (parameters) => [survey(sumOfSquares, parameters), update(parameters), survey(countNonFinite, parameters)],
);
