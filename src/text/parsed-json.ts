/** The value that the JSON text of a file spells; undefined for any other text, since a file may hold anything. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
