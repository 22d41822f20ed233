/** Text in columns: in a frame on a terminal, plain in a pipe. */
import Table from "cli-table3";
import { formatColumns } from "../../text/columns.ts";

const NO_RULES_BETWEEN_ROWS = { mid: "", "left-mid": "", "mid-mid": "", "right-mid": "" };

/** As `formatColumns` does; the titles are the first row. */
export function showColumns(
  rows: readonly (readonly string[])[],
  { isTTY }: { readonly isTTY?: boolean },
): string {
  if (isTTY !== true) return formatColumns(rows);
  const [head, ...others] = rows;
  const table = new Table({
    head: [...head],
    colAligns: head.map((_, column) => (column === 0 ? "left" : "right")),
    style: { head: [], border: [] },
    chars: NO_RULES_BETWEEN_ROWS,
  });
  table.push(...others.map((row) => [...row]));
  return table.toString();
}
