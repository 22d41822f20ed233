/** What models are built from: layers, Transformer blocks, optimisers, schedules, and weights in files. */
export { constant, normal, xavierUniform } from "./initialisers.ts";
export {
  Dropout,
  type DropoutKey,
  Embedding,
  LAYER_NORM_EPSILON,
  LayerNorm,
  Linear,
  MLP,
} from "./layers.ts";
export { Module, parameter, type StateDict } from "./module.ts";
export { NonFiniteError, NonFiniteScan } from "./non-finite.ts";
export {
  AdamW,
  type AdamWOptions,
  clipScale,
  Optimiser,
  Sgd,
  type SgdOptions,
  type StepOptions,
} from "./optimisers.ts";
export { GRU, LSTM, type RecurrentOptions, type RecurrentOutput, type RecurrentState } from "./recurrent.ts";
export * from "./safetensors.ts";
export { learningRateAt, SCHEDULES, type ScheduleName, type ScheduleOptions } from "./schedules.ts";
export {
  appendKeyValues,
  type BlockStack,
  causalMask,
  DecoderBlock,
  EncoderBlock,
  type KeyValues,
  MultiHeadAttention,
  stackBlocks,
  type TransformerOptions,
} from "./transformer.ts";
