/** Items as they stand in lists: their titles, and whether the user liked them. */
import type { Anatomy, RequestAnatomy } from "../../run/anatomy-schema.ts";
import { type Content, type Html, html } from "../html.ts";
import { wholePercent } from "../numbers.ts";
import { absent, type Section } from "../parts.ts";

/** Names of items, and the likes of one request. */
export class Items {
  private readonly liked: ReadonlySet<number>;

  constructor(
    private readonly names: Anatomy["items"],
    { shown }: RequestAnatomy,
  ) {
    this.liked = new Set(shown.filter(({ liked }) => liked).map(({ item }) => item));
  }

  countLiked(items: readonly number[]): number {
    return items.filter((item) => this.liked.has(item)).length;
  }

  /** The title, or what stands for it; a liked one is marked. */
  label(item: number, isLiked = this.liked.has(item)): Html {
    const { id = String(item), title = `item ${id}` } = this.names[item] ?? {};
    // Titles may run from right to left, or hold marks that turn the text around them.
    const name = html`<bdi>${title}</bdi>`;
    return isLiked
      ? html`<span class="liked"><span class="tick" aria-hidden="true">✓ </span><span class="unseen">liked: </span>${name}</span>`
      : html`<span>${name}</span>`;
  }

  /** In one line of text. */
  inline(items: readonly number[]): Html {
    return html`<ol class="inline">${items.map((item) => html`<li>${this.label(item)}</li>`)}</ol>`;
  }

  /** One below the other, with a heading and perhaps a probability each. */
  list(title: Content, items: readonly number[], note: Content, probabilities?: readonly number[]): Html {
    return html`<div class="list"><h4>${title}</h4><ol>${items.map(
      (item, place) =>
        html`<li>${this.label(item)}${probabilities !== undefined && html`<span class="figure">${wholePercent(probabilities[place])}</span>`}</li>`,
    )}</ol><p class="note">${note}</p></div>`;
  }
}

/** A section on requests: what `content` makes of them, or why there are none. */
export function sectionOfRequests(
  frame: Pick<Section, "id" | "name" | "title" | "hint">,
  content: (anatomy: Anatomy) => Content,
): Section {
  return {
    ...frame,
    content({ anatomy }) {
      if (anatomy === undefined) return absent("The run has no anatomy.json; training writes it at its end.");
      return anatomy.requests.length === 0
        ? absent("No test request has a liked item among its candidates.")
        : content(anatomy);
    },
  };
}
