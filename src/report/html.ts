/** HTML out of templates that escape whatever they are given. */

/** Text that is HTML already: what {@link html} made, or {@link trusted} vouches for. */
export class Html {
  constructor(readonly text: string) {}

  toString(): string {
    return this.text;
  }
}

/** What a template takes. Text is escaped; `false` and `undefined` are nothing. */
export type Content = Html | string | number | false | undefined | readonly Content[];

/** A template whose values can stand between tags and in quoted attributes. */
export function html(parts: TemplateStringsArray, ...values: readonly Content[]): Html {
  return new Html(parts.reduce((text, part, i) => text + render(values[i - 1]) + part));
}

/** HTML that was made elsewhere and needs no escaping. */
export function trusted(text: string): Html {
  return new Html(text);
}

function render(content: Content): string {
  if (content instanceof Html) return content.text;
  if (Array.isArray(content)) return content.map(render).join("");
  if (content === undefined || content === false) return "";
  return escapeText(String(content));
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]);
}
