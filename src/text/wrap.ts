/** A paragraph in lines of at most `width` characters, the second and all others indented; words are never cut. */
export function wrap(text: string, width: number, indent = "  "): string {
  let lines = "";
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines += `${line}\n`;
      line = indent + word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return lines + line;
}
