/** x y + z, in one instruction where the engine has one. */
import { encodeModule } from "./encoding.ts";
import { F32x4 } from "./values.ts";

const DROP = 0x1a;
const zeros = F32x4.splat(0);
const probe = encodeModule(
  { parameters: [], locals: [], body: [...zeros.relaxedMultiplyAdd(zeros, zeros).code, DROP] },
  false,
);

/** Whether the engine knows relaxed SIMD: where it does, results differ in their last bits from where it does not. */
const hasRelaxedSimd = WebAssembly.validate(probe);

export function multiplyAdd(x: F32x4, y: F32x4, z: F32x4): F32x4 {
  return hasRelaxedSimd ? x.relaxedMultiplyAdd(y, z) : x.mul(y).add(z);
}
