/** What models are built from: layers, Transformer blocks, optimisers, schedules, and weights in files. */
export { constant, normal, xavierUniform } from "./initialisers.ts";
export * from "./layers.ts";
export { Module, parameter, type StateDict } from "./module.ts";
export { NonFiniteError, NonFiniteScan } from "./non-finite.ts";
export * from "./optimisers.ts";
export { GRU, LSTM, type RecurrentOptions, type RecurrentOutput, type RecurrentState } from "./recurrent.ts";
export * from "./safetensors.ts";
export { learningRateAt, SCHEDULES, type ScheduleName, type ScheduleOptions } from "./schedules.ts";
export * from "./transformer.ts";
