/** The results of a run for people: a table, in a frame on a terminal and plain in a pipe, and what to read from it. */
import Table from "cli-table3";
import type { RunResult } from "../../run/compare.ts";
import { comparisonTable, formatSummary } from "../../run/comparison-text.ts";
import { formatColumns } from "../../text/columns.ts";

const NO_RULES_BETWEEN_ROWS = { mid: "", "left-mid": "", "mid-mid": "", "right-mid": "" };

export function printResult(result: RunResult): void {
  const rows = comparisonTable(result);
  console.log(process.stdout.isTTY ? frameColumns(rows) : formatColumns(rows));
  console.log(formatSummary(result));
}

/** As `formatColumns` does; the titles are the first row. */
function frameColumns([head, ...others]: readonly (readonly string[])[]): string {
  const table = new Table({
    head: [...head],
    colAligns: head.map((_, column) => (column === 0 ? "left" : "right")),
    style: { head: [], border: [] },
    chars: NO_RULES_BETWEEN_ROWS,
  });
  table.push(...others.map((row) => [...row]));
  return table.toString();
}
