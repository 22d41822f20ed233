/** What a tensor is: shape, element type, storage, lifetime, and how gradients are found. */
export {
  type Activation,
  type ChosenDevice,
  CpuDevice,
  chooseDevice,
  DEVICE_NAMES,
  type Device,
  type DeviceName,
  type DType,
  type NumberArray,
  Random,
  type RandomKey,
  type Shape,
  ShapeError,
} from "../kernels/index.ts";
export { isRecording, noGrad } from "./autograd.ts";
export { type DTypeOf, full, ones, type TensorData, type TensorOptions, tensor, zeros } from "./create.ts";
export * from "./defaults.ts";
export type { ArrayOf } from "./device-array.ts";
export * from "./functions.ts";
export { GradcheckError, type GradcheckOptions, gradcheck } from "./gradcheck.ts";
export { HeldScope, heldScope, outsideScopes, Scope, scope } from "./scope.ts";
export { reportLeaks } from "./storage.ts";
export { apply, applyInPlace, type MatmulOptions, type Runnable, Tensor } from "./tensor.ts";
