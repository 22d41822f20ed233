/** What is taken where nothing is named: the device of new tensors, and the random numbers of new layers. */
import { CpuDevice, type Device, Random, type RandomKey } from "../kernels/index.ts";

let device: Device | undefined;
let random = seeded(0);

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

/**
 * Starts the random numbers of everything that is given none of its own: initial weights, dropout, `randomTensor`. The
 * same seed and the same calls give the same bits. A process starts as if by `setSeed(0)`.
 * @throws RangeError unless `seed` is an integer from 0 to 2^53 - 1
 */
export function setSeed(seed: number): void {
  random = seeded(seed);
}

/** The process's own random numbers; see {@link setSeed}. */
export function defaultRandom(): Random {
  return random;
}

/** A random key that no one else has, drawn from the process's own random numbers. */
export function defaultKey(stream: string): RandomKey {
  return { seed: random.uint32(), stream, step: 0 };
}

function seeded(seed: number): Random {
  return new Random({ seed, stream: "default", step: 0 });
}
