/** Checks of what tensors hold. A kernel cannot say what is wrong: it traps, and the reference does. */
import type { KernelCall, TensorPlace } from "../dispatch.ts";
import { defineKernel } from "./kernel.ts";
import { I32 } from "./values.ts";

const checkIndices = defineKernel("check indices", { i32: "indices, count, bound" }, (write, given) => {
  const { indices, count, bound } = given;
  write.loop(0, count.shiftLeft(2), 4, (at) =>
    write.if(I32.load(indices.add(at)).greaterOrEqualUnsigned(bound), () => write.trap()),
  );
});

/** Traps unless the `count` elements of the tensor `indices` are from 0 to `bound` - 1. */
export function checkIndicesCall(count: number, bound: number, indices?: TensorPlace): KernelCall {
  const given = { count, bound, ...(indices && { indices }) };
  return { kernel: checkIndices, arguments: given, items: 1, work: count, mayRefuse: true };
}
