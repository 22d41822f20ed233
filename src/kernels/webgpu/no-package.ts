/** What bundlers put in the place of the package `webgpu` for browsers, which have a GPU object of their own. */

/** @throws Error always */
export function create(): never {
  throw new Error('webgpu: the package "webgpu" is for Node; a page uses navigator.gpu');
}

export const globals = {};
