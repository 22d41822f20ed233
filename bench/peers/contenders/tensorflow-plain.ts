/** TensorFlow.js on its plain JavaScript backend: what runs where WebAssembly does not. */
import { createRequire } from "node:module";
import type { Contender } from "../contender.ts";
import { describePackage } from "../packages.ts";
import { type TensorFlow, tensorFlowKernels } from "./tensorflow.ts";

const PACKAGE = "@tensorflow/tfjs";

export async function open(threads: number): Promise<Contender> {
  if (threads > 1) throw new Error("it computes on one thread");
  const tf = createRequire(import.meta.url)(PACKAGE) as TensorFlow;
  await tf.setBackend("cpu");
  return { version: `${describePackage(PACKAGE)}, plain JavaScript`, kernels: tensorFlowKernels(tf) };
}
