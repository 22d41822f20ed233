/** What is wrong with a checkpoint. */

/** A checkpoint that cannot be used, or cannot be written. */
export class CheckpointError extends Error {
  override readonly name = "CheckpointError";
}
