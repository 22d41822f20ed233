/** Waiting without a time limit. */

/** Waits for what must come true, however long it takes; the test's file is ended where it never does. */
export async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await new Promise((resolve) => setTimeout(resolve, 5));
}
