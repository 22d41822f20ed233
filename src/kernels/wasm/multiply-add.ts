/** x y + z, in one instruction where the engine has one. */
import { hasRelaxedSimd } from "./simd-support.ts";
import type { F32x4 } from "./values.ts";

export function multiplyAdd(x: F32x4, y: F32x4, z: F32x4): F32x4 {
  return hasRelaxedSimd ? x.relaxedMultiplyAdd(y, z) : x.mul(y).add(z);
}
