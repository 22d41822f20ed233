/** Counts the floating-point operations of what a trial computes. */
import { CountingDevice } from "../../kernels/index.ts";
import { defaultDevice, setDefaultDevice } from "../../tensor/index.ts";

/** Runs `work` with a counting device around the default one; tensors that were made before cannot take part. */
export async function countingOperations<Result>(work: (device: CountingDevice) => Promise<Result>): Promise<Result> {
  const usual = defaultDevice();
  const device = new CountingDevice(usual);
  setDefaultDevice(device);
  try {
    return await work(device);
  } finally {
    setDefaultDevice(usual);
  }
}
