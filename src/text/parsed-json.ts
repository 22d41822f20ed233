/** JSON out of a file that may hold anything. */

/** The value that JSON text spells; undefined for any other text. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
