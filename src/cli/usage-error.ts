/** A mistake in how the program was called; the message is one line and says what to do instead. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
