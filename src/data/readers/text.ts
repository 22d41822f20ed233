/** What tells text from other bytes once it is decoded. */

/** NUL, and the character that stands for what was not UTF-8. */
const NOT_TEXT = /[\0\uFFFD]/;

/** Whether `text` was text. Two names that were not, and differ only there, would become one. */
export function isText(text: string): boolean {
  return !NOT_TEXT.test(text);
}
