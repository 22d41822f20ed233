/** A `GPU` object in Node, from the optional package `webgpu` (Dawn). In a browser `navigator.gpu` is one. */

/**
 * @param flags options of Dawn, such as `backend=null` (validates and encodes, but runs nothing)
 * @throws Error when the package is not installed or does not load on this machine
 */
export async function createNodeGpu(flags: readonly string[] = []): Promise<GPU> {
  const { create, globals } = await import("#webgpu").catch((error: Error) => {
    throw new Error(`webgpu: the package "webgpu" does not load here (${error.message}); use the cpu device`);
  });
  // Only constants such as GPUBufferUsage; navigator is left alone.
  for (const [name, value] of Object.entries(globals)) {
    if (!(name in globalThis)) Object.defineProperty(globalThis, name, { value, configurable: true });
  }
  return create([...flags]);
}
