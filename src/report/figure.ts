/** Figures: Observable Plot draws them as SVG into a document of its own, so that the page needs no script. */
import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { type Content, type Html, html, trusted } from "./html.ts";

const { document } = parseHTML("<!doctype html><html><body></body></html>");

/** Width in pixels of a figure on a phone, and about that of a column of figures on a wide screen. */
export const FIGURE_WIDTH = 336;

export interface FigureText {
  readonly title: Content;
  /** What the picture shows, for those who do not see it. */
  readonly description: string;
  /** Between the title and the picture. */
  readonly legend?: Content;
  readonly note?: Content;
}

/** A titled picture. Colours are to be the page's, as `var(--name)`. */
export function figure({ title, description, legend, note }: FigureText, options: Plot.PlotOptions): Html {
  return html`<figure>
<figcaption>${title}</figcaption>
${legend}
${draw(description, options)}
${note !== undefined && html`<p class="note">${note}</p>`}
</figure>`;
}

function draw(description: string, options: Plot.PlotOptions): Html {
  const picture = Plot.plot({
    width: FIGURE_WIDTH,
    height: 200,
    marginLeft: 44,
    marginRight: 12,
    marginTop: 14,
    marginBottom: 34,
    ...options,
    className: "plot",
    ariaLabel: description,
    document,
  });
  // Its rules are the page's: a style sheet inside would not pass the page's security policy.
  for (const style of picture.querySelectorAll("style")) style.remove();
  picture.setAttribute("role", "img");
  return trusted(picture.outerHTML);
}

/** Colour and dashes of each of several lines, which tell them apart without colour too. */
export const LINE_STYLES = [
  { colour: "var(--accent)", dash: undefined },
  { colour: "var(--warm)", dash: "5 3" },
  { colour: "var(--third)", dash: "2 2.5" },
  { colour: "var(--fourth)", dash: "8 3 2 3" },
  { colour: "var(--muted)", dash: undefined },
  { colour: "var(--accent)", dash: "2 2.5" },
  { colour: "var(--warm)", dash: undefined },
  { colour: "var(--third)", dash: "8 3 2 3" },
] as const;

export interface LineStyle {
  readonly colour: string;
  readonly dash: string | undefined;
}

export function lineStyle(index: number): LineStyle {
  return LINE_STYLES[index % LINE_STYLES.length];
}

/** Names of lines beside samples of them. */
export function lineLegend(names: readonly Content[]): Html {
  const sample = ({ colour, dash }: LineStyle) =>
    html`<svg class="sample" width="22" height="8" viewBox="0 0 22 8" aria-hidden="true"><path d="M0 4H22" fill="none" stroke="${colour}" stroke-width="2"${dash !== undefined && html` stroke-dasharray="${dash}"`}/></svg>`;
  return html`<ul class="legend">${names.map((name, i) => html`<li>${sample(lineStyle(i))}${name}</li>`)}</ul>`;
}

/** Names of marks beside samples of them. */
export function markLegend(entries: readonly { readonly name: Content; readonly mark: Html }[]): Html {
  return html`<ul class="legend">${entries.map(({ name, mark }) => html`<li><svg class="sample" width="14" height="10" viewBox="0 0 14 10" aria-hidden="true">${mark}</svg>${name}</li>`)}</ul>`;
}

/** A share from 0 to 1 as a small bar, beside a number that says it in words. */
export function bar(share: number, most: number, colour: string): Html {
  const width = most > 0 ? Math.max(share > 0 ? 1 : 0, (56 * share) / most) : 0;
  return html`<svg class="bar" width="56" height="8" viewBox="0 0 56 8" aria-hidden="true"><rect width="56" height="8" rx="1" fill="var(--track)"/><rect width="${width.toFixed(1)}" height="8" rx="1" fill="${colour}"/></svg>`;
}
