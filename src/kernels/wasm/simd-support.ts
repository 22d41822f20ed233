/** What the engine knows of vector instructions, asked by whether it accepts a module that has them. */
import { encodeModule } from "./encoding.ts";
import { F32x4 } from "./values.ts";

const DROP = 0x1a;
const zeros = F32x4.splat(0);

/** Whether the engine knows vectors of 128 bits, which all kernels of the CPU device are made of. */
export const hasSimd = isKnown(zeros.add(zeros));

/** Whether it knows relaxed SIMD: where it does, results differ in their last bits from where it does not. */
export const hasRelaxedSimd = isKnown(zeros.relaxedMultiplyAdd(zeros, zeros));

function isKnown({ code }: F32x4): boolean {
  return WebAssembly.validate(encodeModule({ parameters: [], locals: [], body: [...code, DROP] }, false));
}
