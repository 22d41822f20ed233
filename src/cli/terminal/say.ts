/** Tells people something beside the results: a line on stderr. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
