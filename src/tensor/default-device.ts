/** The device of tensors that do not name one. */
import { CpuDevice, type Device } from "../kernels/index.ts";

let device: Device | undefined;

/** The CPU device, unless another was chosen. */
export function defaultDevice(): Device {
  device ??= new CpuDevice();
  return device;
}

/** Chooses where new tensors live. Tensors that exist stay where they are. */
export function setDefaultDevice(chosen: Device): void {
  device = chosen;
}

/** Runs `make` with `chosen` as the device of the tensors that it makes without naming one. */
export function withDefaultDevice<Result>(chosen: Device, make: () => Result): Result {
  const before = device;
  device = chosen;
  try {
    return make();
  } finally {
    device = before;
  }
}
