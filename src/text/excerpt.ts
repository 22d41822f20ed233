/** Text that comes from a file, made fit for an error message, which is one line that a person can read. */

/** Control characters but the tab, and the other ends of a line: they break a message in two or garble a terminal. */
const UNPRINTABLE = /[^\P{Cc}\t]|[\u2028\u2029]/gu;

/** `text` on one line: control characters are written as in JavaScript, such as `\u0000`. */
export function oneLine(text: string): string {
  return text.replace(UNPRINTABLE, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/** The first `most` characters of `text` on one line; an ellipsis stands for the rest. */
export function excerpt(text: string, most = 80): string {
  // What is cut off need not be rewritten first.
  const line = oneLine(text.slice(0, most + 1));
  return line.length > most ? `${line.slice(0, most)}…` : line;
}
