/** Tables, written as Markdown for people, as CSV for programs, and as LaTeX for papers. */

/** A number with what stands after the ± sign. */
export interface Estimate {
  readonly mean: number;
  readonly halfWidth?: number | undefined;
  /** Best of its column. */
  readonly isBest?: boolean;
}

/** Text, a number, or nothing. */
export type Cell = string | number | Estimate | undefined;

export interface Column {
  readonly title: string;
  /** Digits after the point, of numbers: 3 unless given. */
  readonly digits?: number;
  /** Shown to people times 100, with one digit unless given. */
  readonly isPercent?: boolean;
}

export interface Table {
  /** Of files. */
  readonly name: string;
  readonly caption: string;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
}

/** A column, and what it shows of an item. */
export interface ColumnOf<Item> extends Column {
  of(item: Item): Cell;
}

/** A row for each item. */
export function tableOf<Item>(
  name: string,
  caption: string,
  items: readonly Item[],
  columns: readonly ColumnOf<Item>[],
): Table {
  return { name, caption, columns, rows: items.map((item) => columns.map((column) => column.of(item))) };
}

export function toMarkdown({ columns, rows }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const plain = (text: string) => text.replaceAll("|", "\\|");
  const body = rows.map((row) =>
    line(row.map((cell, i) => formatCell(cell, columns[i], { plain, strong: (t) => `**${t}**`, pm: "±" }))),
  );
  const rule = columns.map((_, i) => (i === 0 ? "---" : "---:"));
  return `${[line(columns.map((column) => plain(heading(column)))), line(rule), ...body].join("\n")}\n`;
}

/** Numbers unrounded; an estimate with an interval takes a second column. */
export function toCsv({ columns, rows }: Table): string {
  const hasInterval = columns.map((_, i) => rows.some((row) => isEstimate(row[i]) && row[i].halfWidth !== undefined));
  const head = columns.flatMap(({ title }, i) => (hasInterval[i] ? [title, `${title} ± 95%`] : [title]));
  const body = rows.map((row) =>
    row.flatMap((cell, i) => {
      const { mean, halfWidth } = isEstimate(cell) ? cell : { mean: cell, halfWidth: undefined };
      return (hasInterval[i] ? [mean, halfWidth] : [mean]).map((own) => String(own ?? ""));
    }),
  );
  return [head, ...body].map((cells) => `${cells.map(quote).join(",")}\n`).join("");
}

/** A `table` environment; it needs the package booktabs. */
export function toLatex({ name, caption, columns, rows }: Table): string {
  const notation = { plain: escapeLatex, strong: (t: string) => `\\textbf{${t}}`, pm: "$\\pm$" };
  const line = (cells: readonly string[]) => `    ${cells.join(" & ")} \\\\`;
  return `${[
    "\\begin{table}",
    "  \\centering",
    `  \\caption{${escapeLatex(caption)}}`,
    `  \\label{tab:${name}}`,
    `  \\begin{tabular}{l${"r".repeat(columns.length - 1)}}`,
    "    \\toprule",
    line(columns.map((column) => escapeLatex(heading(column)))),
    "    \\midrule",
    ...rows.map((row) => line(row.map((cell, i) => formatCell(cell, columns[i], notation)))),
    "    \\bottomrule",
    "  \\end{tabular}",
    "\\end{table}",
  ].join("\n")}\n`;
}

interface Notation {
  plain(text: string): string;
  strong(text: string): string;
  readonly pm: string;
}

function heading({ title, isPercent }: Column): string {
  return isPercent === true ? `${title} %` : title;
}

/** As tables show it to people. */
function formatCell(cell: Cell, column: Column, { plain, strong, pm }: Notation): string {
  const { isPercent = false, digits = isPercent ? 1 : 3 } = column;
  const fixed = (value: number) => (isPercent ? 100 * value : value).toFixed(digits);
  if (cell === undefined) return "";
  if (typeof cell === "string") return plain(cell);
  if (typeof cell === "number") return fixed(cell);
  const mean = cell.isBest === true ? strong(fixed(cell.mean)) : fixed(cell.mean);
  return cell.halfWidth === undefined ? mean : `${mean} ${pm} ${fixed(cell.halfWidth)}`;
}

function isEstimate(cell: Cell): cell is Estimate {
  return typeof cell === "object";
}

function quote(field: string): string {
  return /[",\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}

const LATEX: Readonly<Record<string, string>> = {
  "\\": "\\textbackslash{}",
  "~": "\\textasciitilde{}",
  "^": "\\textasciicircum{}",
  "±": "$\\pm$",
  "<": "$<$",
  ">": "$>$",
};

function escapeLatex(words: string): string {
  return words.replaceAll(/[\\~^±<>]|[&%$#_{}]/g, (character) => LATEX[character] ?? `\\${character}`);
}
