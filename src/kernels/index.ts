/** How numbers are computed: one file per kernel family, and the devices that run them. */
export { type ChosenDevice, chooseDevice, DEVICE_NAMES, type DeviceName } from "./choose-device.ts";
export { CountingDevice } from "./counting-device.ts";
export type { Device, DeviceBuffer, DeviceTensor, LiveStorage } from "./device.ts";
export { Draw, type ValueRange } from "./draw.ts";
export { HIDDEN_LOG_PROBABILITY } from "./mask.ts";
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
export { type AttentionAttributes, attention } from "./ops/attention/attention.ts";
export {
  cast,
  type ElementwiseAttributes,
  type ElementwiseOperation,
  elementwise,
} from "./ops/elementwise/elementwise.ts";
export { embedding, takeAlongLast, takeRows } from "./ops/gather/gather.ts";
export {
  type GroupCrossEntropyAttributes,
  groupCrossEntropy,
  type RewardNormalisation,
} from "./ops/group-cross-entropy.ts";
export { type LayerNormAttributes, layerNorm } from "./ops/layer-norm/layer-norm.ts";
export { concat, slice } from "./ops/layout/parts.ts";
export { permute } from "./ops/layout/permute.ts";
export { type Activation, type MatmulAttributes, matmul } from "./ops/matmul/matmul.ts";
export { type AdamWAttributes, adamWStep } from "./ops/optimiser/adam-w.ts";
export type { ParameterUpdate, UpdateAttributes } from "./ops/optimiser/parameter-update.ts";
export { type SgdAttributes, sgdStep } from "./ops/optimiser/sgd.ts";
export { dropout } from "./ops/random/dropout.ts";
export { type Distribution, type RandomAttributes, random } from "./ops/random/random.ts";
export { broadcastTo, max, type ReduceAttributes, sum } from "./ops/reduce/reduce.ts";
export { type ChooseNextAttributes, chooseNext } from "./ops/sampling/choose-next.ts";
export { type GumbelTopKAttributes, gumbelTopK } from "./ops/sampling/gumbel-top-k.ts";
export { crossEntropy } from "./ops/softmax/cross-entropy.ts";
export { logSoftmax, logSumExp } from "./ops/softmax/log-softmax.ts";
export { softmax } from "./ops/softmax/softmax.ts";
export { countNonFinite } from "./ops/tensor-sums/non-finite.ts";
export { sumOfSquares } from "./ops/tensor-sums/sum-of-squares.ts";
export { Random, type RandomKey } from "./philox.ts";
export type {} from "./platform-types.ts";
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
export { CpuDevice, type CpuDeviceOptions } from "./wasm/cpu-device.ts";
export { hasRelaxedSimd, hasSimd } from "./wasm/simd-support.ts";
export { type AdapterProbe, probeAdapter } from "./webgpu/adapter-probe.ts";
export { OutOfMemoryError } from "./webgpu/buffer-pool.ts";
export { type AdapterDescription, requestWebGpuDevice, WebGpuDevice, type WebGpuOptions } from "./webgpu/device.ts";
export { createNodeGpu } from "./webgpu/node.ts";
