/** A folder that a run cannot be written to, or that holds no run to go on with. */
export class RunFolderError extends Error {
  override readonly name = "RunFolderError";
}
