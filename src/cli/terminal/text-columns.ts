/** Text in columns: in a frame on a terminal, plain in a pipe. */
import Table from "cli-table3";

const NO_RULES_BETWEEN_ROWS = { mid: "", "left-mid": "", "mid-mid": "", "right-mid": "" };

/** The first column to the left, the others, which are numbers, to the right. */
export function formatColumns(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  isTerminal: boolean,
): string {
  if (!isTerminal) return formatPlain([head, ...rows]);
  const table = new Table({
    head: [...head],
    colAligns: head.map((_, column) => (column === 0 ? "left" : "right")),
    style: { head: [], border: [] },
    chars: NO_RULES_BETWEEN_ROWS,
  });
  table.push(...rows.map((row) => [...row]));
  return table.toString();
}

function formatPlain(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
      .join("  ");
  return rows.map((row) => line(row).trimEnd()).join("\n");
}
