/** Reads interactions from Apache Parquet: columns are found by name, among any others. */
import { excerpt } from "../../text/excerpt.ts";
import { DataError } from "../errors.ts";
import type { InteractionLog } from "../interactions.ts";
import { type ColumnOptions, findColumns, listNames, resolveColumns, timeFormatOf } from "./column-names.ts";
import { InteractionRows } from "./interaction-rows.ts";
import { withParquetTable } from "./parquet-table.ts";

/**
 * Reads interactions from a Parquet file of any compression, one row group after another, so that it never has to fit in
 * memory; other columns are not read. Users, items and lists are text or integers. Feedback and positions are numbers
 * or truth values. Times are numbers, which stay as they are, or dates and timestamps, which become seconds since 1970.
 * @throws DataError with file and row, counted from 1, when the file cannot be read, lacks a column, or holds a null or
 * something else that does not belong there; RangeError for `columns` or a `timestampFormat` that make no sense.
 * @example
 * const log = await readParquet("interactions.parquet", { columns: { feedback: "long_view" } });
 */
export function readParquet(file: string, options: ColumnOptions = {}): Promise<InteractionLog> {
  const names = resolveColumns(options);
  const timeFormat = timeFormatOf(options);
  const columns = [...new Set(listNames(names))];
  return withParquetTable(file, async (table) => {
    const { columns: all } = table.description;
    const header = all.map(({ name }) => name);
    // Reports columns that are missing from the whole file; rows are then of the wanted columns alone.
    findColumns({ file, line: undefined, columns: header }, names);
    const nested = all.find(({ name, isNested }) => isNested && columns.includes(name));
    if (nested !== undefined) {
      throw new DataError(file, `the column "${excerpt(nested.name)}" is nested; expected one value in each row`);
    }
    const rows = new InteractionRows({
      file,
      columns,
      position: findColumns({ file, line: undefined, columns }, names),
      expected: `a value of ${columns.join(", ")} in every row`,
      unit: "row",
      timeFormat,
    });
    await table.readRows(columns, (values, row) => rows.add(values, row));
    return rows.finish(`rows of ${columns.join(", ")}`);
  });
}
