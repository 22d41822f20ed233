/** How the program was started: by its own name, or by an example that goes before it. */
import type { Layer } from "./configuration/merge-settings.ts";

export interface ProgramContext {
  /** Words of the command line, for the record of a run. */
  readonly command: string;
  /** What goes on with an interrupted run, before the name of its folder. */
  readonly resume: string;
  /** Settings where neither file nor flags say otherwise. */
  readonly fallback?: Layer;
}

/** The words of a command line, quoted where a shell would split or expand them. */
export function quoteCommand(words: readonly string[]): string {
  return words
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))
    .join(" ");
}
