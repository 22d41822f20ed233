/** The results of a run for people: a table, in a frame on a terminal and plain in a pipe, what to read from it, the verdict. */
import Table from "cli-table3";
import type { RunResult } from "../../run/compare.ts";
import { comparisonTable, formatSummary, tableCaption } from "../../run/comparison-text.ts";
import { formatVerdict } from "../../run/verdict/verdict.ts";
import { formatColumns } from "../../text/columns.ts";
import { quoteCommand } from "../quote-command.ts";

const NO_RULES_BETWEEN_ROWS = { mid: "", "left-mid": "", "mid-mid": "", "right-mid": "" };

/** @param folder of the run; undefined where nothing was kept */
export function printResult(result: RunResult, folder: string | undefined): void {
  for (const line of tableCaption(result)) console.log(line);
  const rows = comparisonTable(result);
  console.log(process.stdout.isTTY ? frameColumns(rows) : formatColumns(rows));
  console.log(formatSummary(result));
  const run = folder === undefined ? undefined : quoteCommand([folder]);
  console.log(`\n${formatVerdict(result.verdict, run)}`);
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
