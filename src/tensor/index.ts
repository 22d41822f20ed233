/** What a tensor is: shape, element type, storage, lifetime, and how gradients are found. */
export {
  CpuDevice,
  type Device,
  type DType,
  type NumberArray,
  Random,
  type RandomKey,
  type Shape,
  ShapeError,
} from "../kernels/index.ts";
export { backward, isRecording, noGrad } from "./autograd.ts";
export { defaultDevice, setDefaultDevice } from "./default-device.ts";
export {
  attention,
  binaryCrossEntropyWithLogits,
  chooseNext,
  crossEntropy,
  dropout,
  embedding,
  type GroupCrossEntropy,
  groupCrossEntropy,
  gumbelTopK,
  layerNorm,
  meanSquaredError,
  randomTensor,
} from "./functions.ts";
export { GradcheckError, type GradcheckOptions, gradcheck } from "./gradcheck.ts";
export { outsideScopes, Scope, scope } from "./scope.ts";
export { reportLeaks } from "./storage.ts";
export {
  apply,
  applyInPlace,
  concat,
  full,
  type MatmulOptions,
  matmul,
  ones,
  Tensor,
  type TensorOptions,
  tensor,
  where,
  zeros,
} from "./tensor.ts";
