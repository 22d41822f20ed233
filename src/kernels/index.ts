/** How numbers are computed: one file per kernel family, and the devices that run them. */
export type { Activation } from "./activation.ts";
export { type AttentionAttributes, attention } from "./attention.ts";
export { type ChooseNextAttributes, chooseNext } from "./choose-next.ts";
export { CountingDevice } from "./counting-device.ts";
export { CpuDevice, type CpuDeviceOptions } from "./cpu-device.ts";
export { crossEntropy } from "./cross-entropy.ts";
export type { Device, DeviceBuffer, DeviceTensor, LiveStorage } from "./device.ts";
export { Draw, type ValueRange } from "./draw.ts";
export { cast, type ElementwiseAttributes, type ElementwiseOperation, elementwise } from "./elementwise.ts";
export { embedding, takeAlongLast, takeRows } from "./gather.ts";
export {
  type GroupCrossEntropyAttributes,
  groupCrossEntropy,
  type RewardNormalisation,
} from "./group-cross-entropy.ts";
export { type GumbelTopKAttributes, gumbelTopK } from "./gumbel-top-k.ts";
export { type LayerNormAttributes, layerNorm } from "./layer-norm.ts";
export { concat, permute, slice } from "./layout.ts";
export { HIDDEN_LOG_PROBABILITY } from "./mask.ts";
export { type MatmulAttributes, matmul } from "./matmul.ts";
export { countNonFinite } from "./non-finite.ts";
export {
  createArray,
  type DType,
  type GradientContext,
  type GradientOperation,
  type HostTensor,
  type NumberArray,
  type Operation,
  type Sample,
  type TensorSpec,
  type Value,
} from "./operation.ts";
export { operations } from "./operations.ts";
export {
  type AdamWAttributes,
  adamWStep,
  type ParameterUpdate,
  type SgdAttributes,
  sgdStep,
  type UpdateAttributes,
} from "./optimiser-step.ts";
export { Random, type RandomKey } from "./philox.ts";
export { type Distribution, dropout, type RandomAttributes, random } from "./random.ts";
export { broadcastTo, max, type ReduceAttributes, sum } from "./reduce.ts";
export {
  broadcastShapes,
  checkShape,
  formatShape,
  lastExtent,
  resolveAxis,
  type Shape,
  ShapeError,
  sameShape,
  sizeOf,
} from "./shape.ts";
export { logSoftmax, logSumExp, softmax } from "./softmax.ts";
export { sumOfSquares } from "./sum-of-squares.ts";
export { hasRelaxedSimd, hasSimd } from "./wasm/simd-support.ts";
export { type AdapterProbe, probeAdapter } from "./webgpu/adapter-probe.ts";
export { OutOfMemoryError } from "./webgpu/buffer-pool.ts";
export { type ChosenDevice, chooseDevice, DEVICE_NAMES, type DeviceName } from "./webgpu/choose-device.ts";
export {
  type AdapterDescription,
  requestWebGpuDevice,
  WebGpuDevice,
  type WebGpuOptions,
} from "./webgpu/device.ts";
export { createNodeGpu } from "./webgpu/node.ts";
