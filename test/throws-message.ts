import * as assert from "uvu/assert";

/** Asserts that `run` throws an Error with exactly `message`. */
export function throwsMessage(run: () => unknown, message: string): void {
  assert.throws(run, (error: unknown) => {
    assert.instance(error, Error);
    assert.is((error as Error).message, message);
    return true;
  });
}
