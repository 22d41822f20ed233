/**
 * The platform's types that declarations of this folder name. Where a program that is compiled against the package has
 * them, from TypeScript's library for pages or from `@webgpu/types`, these merge with them; elsewhere they stand alone.
 */
declare global {
  interface GPU {}
  interface GPUAdapter {}
  interface GPUBuffer {}
  interface GPUComputePassDescriptor {}
  interface GPUDevice {}

  namespace WebAssembly {
    interface Memory {}
  }
}

export {};
