/** Checks of what tensors hold. A kernel cannot say what is wrong: it traps, and the reference does. */

import { defineKernel } from "./kernel.ts";
import type { KernelCall, TensorPlace } from "./kernel-call.ts";
import { I32 } from "./values.ts";

const checkIndices = defineKernel(
  "check indices",
  { indices: "i32", count: "i32", bound: "i32" },
  (write, { indices, count, bound }) => {
    write.loop(0, count.shiftLeft(2), 4, (at) =>
      write.if(I32.load(indices.add(at)).greaterOrEqualUnsigned(bound), () => write.trap()),
    );
  },
);

/** Traps unless `count` indices are from 0 to `bound` - 1. */
export function checkIndicesCall(indices: TensorPlace, count: number, bound: number): KernelCall {
  return {
    kernel: checkIndices,
    arguments: { indices, count, bound },
    items: 1,
    work: count,
    mayRefuse: true,
  };
}
