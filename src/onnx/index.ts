/** Trained generators as ONNX models, and the programs around them. */
export * from "./generator.ts";
export * from "./loops.ts";
