/** Figures: Observable Plot draws them as SVG into a document of its own, so that the page needs no script. */
import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { type Content, type Html, html, trusted } from "./html.ts";

const { document } = parseHTML("<!doctype html><html><body></body></html>");

/** Width in pixels of a figure on a phone, and about that of a column of figures on a wide screen. */
const FIGURE_WIDTH = 336;

export interface FigureOptions extends Omit<Plot.PlotOptions, "title"> {
  readonly title: Content;
  /** What the picture shows, for those who do not see it. */
  readonly description: string;
  /** Between the title and the picture. */
  readonly legend?: Content;
  readonly note?: Content;
}

/** A titled picture. Colours are to be the page's, as `var(--name)`. */
export function figure({ title, description, legend, note, ...plot }: FigureOptions): Html {
  return html`<figure>
<figcaption>${title}</figcaption>
${legend}
${draw(description, plot)}
${note !== undefined && html`<p class="note">${note}</p>`}
</figure>`;
}

function draw(description: string, options: Plot.PlotOptions): Html {
  const picture = Plot.plot({
    width: FIGURE_WIDTH,
    height: 190,
    marginLeft: 44,
    marginRight: 12,
    marginTop: 14,
    marginBottom: 34,
    ...options,
    x: { labelArrow: "none", ...options.x },
    y: { labelArrow: "none", ...options.y },
    className: "plot",
    ariaLabel: description,
    document,
  });
  // Its rules are the page's: a style sheet inside would not pass the page's security policy.
  for (const style of picture.querySelectorAll("style")) style.remove();
  picture.setAttribute("role", "img");
  return trusted(picture.outerHTML);
}

/** The stroke of what is only there to compare with. */
export const DASHED = { stroke: "var(--muted)", strokeDasharray: "3 3" } as const;

/** How lines are told apart, without colour too. */
const LINE_STYLES = [
  { stroke: "var(--accent)" },
  { stroke: "var(--warm)", strokeDasharray: "5 3" },
  { stroke: "var(--third)", strokeDasharray: "2 2.5" },
  { stroke: "var(--fourth)", strokeDasharray: "8 3 2 3" },
  { stroke: "var(--muted)" },
  { stroke: "var(--accent)", strokeDasharray: "2 2.5" },
  { stroke: "var(--warm)" },
  { stroke: "var(--third)", strokeDasharray: "8 3 2 3" },
] as const;

interface LineStyle {
  readonly stroke: string;
  readonly strokeDasharray?: string;
}

export function lineStyle(index: number): LineStyle {
  return LINE_STYLES[index % LINE_STYLES.length];
}

/** Names of lines beside samples of them. */
export function lineLegend(names: readonly Content[]): Html {
  const sample = ({ stroke, strokeDasharray: dashes }: LineStyle) =>
    html`<svg class="sample" width="22" height="8" viewBox="0 0 22 8" aria-hidden="true"><path d="M0 4H22" fill="none" stroke="${stroke}" stroke-width="2"${dashes !== undefined && html` stroke-dasharray="${dashes}"`}/></svg>`;
  return html`<ul class="legend">${names.map((name, i) => html`<li>${sample(lineStyle(i))}${name}</li>`)}</ul>`;
}

/** Samples of marks, for legends. */
const MARKS = {
  dot: html`<circle cx="7" cy="5" r="3.5" fill="var(--accent)"/>`,
  ring: html`<circle cx="7" cy="5" r="3.5" fill="none" stroke="var(--muted)" stroke-width="1.5"/>`,
  bubble: html`<circle cx="7" cy="5" r="4" fill="var(--accent)" fill-opacity="0.55"/>`,
  bar: html`<rect x="3" y="0" width="8" height="10" fill="var(--warm)" fill-opacity="0.45"/>`,
  level: html`<path d="M0 5H14" stroke="var(--muted)" stroke-dasharray="3 3" fill="none"/>`,
  diagonal: html`<path d="M0 9L14 1" stroke="var(--muted)" stroke-dasharray="3 3" fill="none"/>`,
} as const;

/** Names of marks beside samples of them. */
export function markLegend(...entries: readonly (readonly [mark: keyof typeof MARKS, name: Content])[]): Html {
  return html`<ul class="legend">${entries.map(([mark, name]) => html`<li><svg class="sample" width="14" height="10" viewBox="0 0 14 10" aria-hidden="true">${MARKS[mark]}</svg>${name}</li>`)}</ul>`;
}

/** Names of colours beside samples of them. */
export function swatchLegend(entries: readonly (readonly [colour: string, name: Content])[]): Html {
  return html`<ul class="legend">${entries.map(([colour, name]) => html`<li><svg class="sample" width="14" height="10" viewBox="0 0 14 10" aria-hidden="true"><circle cx="7" cy="5" r="3.5" fill="${colour}"/></svg>${name}</li>`)}</ul>`;
}

/** A share from 0 to 1 as a small bar, beside a number that says it in words. */
export function bar(share: number, most: number, colour: string): Html {
  const width = most > 0 ? Math.max(share > 0 ? 1 : 0, (56 * share) / most) : 0;
  return html`<svg class="bar" width="56" height="8" viewBox="0 0 56 8" aria-hidden="true"><rect width="56" height="8" rx="1" fill="var(--track)"/><rect width="${width.toFixed(1)}" height="8" rx="1" fill="${colour}"/></svg>`;
}
