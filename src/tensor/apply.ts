/** Runs operations on tensors, and records them where a gradient is wanted. */
import { type Device, type GradientOperation, type Operation, sizeOf, type Value } from "../kernels/index.ts";
import { isRecording, record } from "./autograd.ts";
import { defaultDevice } from "./default-device.ts";
import { Storage } from "./storage.ts";
import { Tensor } from "./tensor.ts";

/** An operation may be given without a gradient rule; then nothing can be differentiated through it. */
type Runnable<Attributes> = GradientOperation<Attributes> & Partial<Pick<Operation<Attributes>, "gradient">>;

/**
 * Runs `operation` and records it where a gradient is wanted. Returns all its outputs; gradients flow through the
 * first.
 *
 * @param device where to run an operation without inputs; otherwise it runs where its inputs are
 * @throws ShapeError or TypeError from the operation; Error when the inputs are on different devices
 */
export function apply<Attributes>(
  operation: Runnable<Attributes>,
  inputs: readonly Tensor[],
  attributes: Attributes,
  device: Device = inputs[0]?.device ?? defaultDevice(),
): Tensor[] {
  const places = inputs.map((input) => input.at(operation.name));
  const foreign = inputs.find((input) => input.device !== device);
  if (foreign !== undefined) {
    throw new Error(
      `${operation.name}: inputs are on different devices: ${device.name} and ${foreign.device.name}`,
    );
  }
  const { gradient, constants = [] } = operation;
  const needs = inputs.map((input, index) => input.requiresGrad && !constants.includes(index));
  const recorded = gradient !== undefined && isRecording() && needs.includes(true);
  const outputs = operation.outputs(inputs, attributes).map((spec, index) => {
    const storage = new Storage(device, spec.dtype, sizeOf(spec.shape));
    return new Tensor(storage, spec, recorded && index === 0);
  });
  device.run(
    operation,
    places,
    outputs.map((output) => output.at(operation.name)),
    attributes,
  );
  if (recorded) {
    const [output] = outputs;
    const gradients = (outputGradient: Tensor) => {
      const context = { inputs, outputs, outputGradient, attributes, needs, run: runForGradient };
      return operation.gradient?.(context) as (Tensor | undefined)[];
    };
    output.node = record({ operation: operation.name, inputs, output, gradients });
  }
  return outputs;
}

/** How gradient rules run operations: what they know as values are tensors. */
function runForGradient<Attributes>(
  operation: GradientOperation<Attributes>,
  inputs: readonly Value[],
  attributes: Attributes,
): Tensor[] {
  return apply(operation, inputs as readonly Tensor[], attributes);
}

/** Runs an operation that updates `targets`, which are among its inputs, in place. Nothing is recorded. */
export function applyInPlace<Attributes>(
  operation: GradientOperation<Attributes>,
  inputs: readonly Tensor[],
  targets: readonly Tensor[],
  attributes: Attributes,
): void {
  const place = (tensor: Tensor) => tensor.at(operation.name);
  operation.outputs(inputs, attributes);
  inputs[0].device.run(operation, inputs.map(place), targets.map(place), attributes);
}
