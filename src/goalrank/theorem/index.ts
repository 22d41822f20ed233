/** Theorem 1 on lists that can be enumerated: mixtures of small generators against one larger generator. */
export * from "./approximation.ts";
export { GeneratorMixtures, type MixtureShape } from "./generator-mixtures.ts";
export { enumerateLists, type ListSpace } from "./list-space.ts";
