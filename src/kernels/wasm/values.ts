/**
 * What kernels compute with: values of WebAssembly, each the instructions that push it. Methods write the instructions
 * of larger expressions, so that a kernel reads like arithmetic.
 */
export { Value } from "./instructions.ts";
export { F32, type Float, float, I32, type Integer, integer } from "./scalars.ts";
export { F32x4, type Floats, floats, I32x4, type Integers, integers } from "./vectors.ts";
