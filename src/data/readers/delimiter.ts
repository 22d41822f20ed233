/** What stands between the fields of a text's lines. */
/** The longer first: a line of `::` is also one of `:`. */
const DELIMITERS = ["::", "\t", ",", ";", "|"];
const LINES = 50;
/** Share of lines that must have as many fields as the first: quoted fields may hold the delimiter. */
const SHARE = 0.9;

/** The delimiter that cuts most lines into as many fields as the first, the most of them; undefined if none cuts any. */
export function guessDelimiter(text: string): string | undefined {
  const lines = text
    .slice(0, 1 << 16)
    .split(/\r\n|\n|\r/)
    .filter((line) => line.trim() !== "")
    .slice(0, LINES);
  let best: string | undefined;
  let most = 1;
  for (const delimiter of DELIMITERS) {
    const counts = lines.map((line) => withoutQuoted(line).split(delimiter).length);
    const same = counts.filter((count) => count === counts[0]).length;
    if (counts[0] > most && same >= SHARE * counts.length) [best, most] = [delimiter, counts[0]];
  }
  return best;
}

function withoutQuoted(line: string): string {
  return line.replaceAll(/"[^"]*"/g, "");
}
