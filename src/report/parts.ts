/** Parts that sections of the page share. */
import { type Content, type Html, html } from "./html.ts";
import type { ReportInput } from "./run-input.ts";

/** One part of the page. */
export interface Section {
  /** Where links lead to. */
  readonly id: string;
  /** Short, for the list of sections. */
  readonly name: string;
  /** Over it: the name unless given. */
  readonly title?: string;
  /** What is inside, for who sees it folded. */
  readonly hint: string;
  /** What it says of a run. */
  content(run: ReportInput): Content;
}

/** What stands in the place of something that the run does not have. */
export function absent(what: Content): Html {
  return html`<p class="absent">${what}</p>`;
}

export interface Cell {
  readonly content: Content;
  readonly class?: string | undefined;
}

export interface TableRow {
  readonly head: Content;
  readonly cells: readonly (Content | Cell)[];
  readonly class?: string | undefined;
}

export interface TableContent {
  readonly caption: Content;
  readonly columns: readonly Content[];
  readonly rows: readonly TableRow[];
}

function isCell(value: Content | Cell): value is Cell {
  return typeof value === "object" && value !== null && "content" in value;
}

/** A narrow page shows each row as a card, with the names of the columns in it; so the roles of a table are said in words. */
export function table({ caption, columns, rows }: TableContent): Html {
  const body = rows.map(
    (row) =>
      html`<tr role="row"${classOf(row)}><th scope="row" role="rowheader">${row.head}</th>${row.cells.map((own, i) => cell(own, columns[i + 1]))}</tr>
`,
  );
  return html`<div class="scroll" tabindex="0" role="group" aria-label="Table">
<table class="cards" role="table"><caption><span>${caption}</span></caption>
<thead role="rowgroup"><tr role="row">${columns.map((column) => html`<th scope="col" role="columnheader">${column}</th>`)}</tr></thead>
<tbody role="rowgroup">${body}</tbody></table></div>`;
}

function cell(value: Content | Cell, column: Content): Html {
  const label = typeof column === "string" && html` data-label="${column}"`;
  const [content, name] = isCell(value) ? [value.content, classOf(value)] : [value, undefined];
  return html`<td role="cell"${label}${name}>${content}</td>`;
}

function classOf({ class: name }: { readonly class?: string | undefined }): Content {
  return name !== undefined && html` class="${name}"`;
}

/** A term and what it is; nothing where it is left out. */
export type Pair = readonly [term: Content, value: Content] | false;

/** Terms and what they are. */
export function pairs(entries: readonly Pair[]): Html {
  return html`<dl class="pairs">${entries.filter((pair) => pair !== false).map(([term, value]) => html`<dt>${term}</dt><dd>${value}</dd>`)}</dl>`;
}

/** Folded until it is asked for. */
export function folded(summary: Content, content: Content): Html {
  return html`<details><summary>${summary}</summary>${content}</details>`;
}
