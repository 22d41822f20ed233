/** Reads interactions from Apache Parquet: columns are found by name, among any others. */
import { excerpt } from "../../text/excerpt.ts";
import { DataError } from "../errors.ts";
import { findColumns, listFields, mapFields } from "./column-names.ts";
import type { InteractionLogBuilder } from "./interaction-log-builder.ts";
import { InteractionRows } from "./interaction-rows.ts";
import { withParquetTable } from "./parquet-table.ts";
import type { Reading } from "./reading.ts";

/**
 * Adds the interactions of a Parquet file until `builder` has `most`, one row group after another, so that it never has to fit in memory; other
 * columns are not read. Users, items and lists are text or integers. Feedback and positions are numbers or truth values.
 * Times are numbers, which stay as they are, or dates and timestamps, which become seconds since 1970.
 * @throws DataError with file and row, counted from 1, when the file cannot be read, lacks a column, or holds a null or
 * something else that does not belong there
 */
export function readParquet(
  file: string,
  { fields, rules }: Reading,
  builder: InteractionLogBuilder,
  most: number,
): Promise<void> {
  return withParquetTable(file, async (table) => {
    const { columns: all } = table.description;
    const header = all.map(({ name }) => name);
    const position = findColumns({ file, line: undefined, columns: header }, fields);
    // Rows are of the wanted columns alone.
    const wanted = [...new Set(listFields(position).map(([place]) => place))];
    const nested = wanted.map((place) => all[place]).find(({ isNested }) => isNested);
    if (nested !== undefined) {
      throw new DataError(file, `the column "${excerpt(nested.name)}" is nested; expected one value in each row`);
    }
    const columns = wanted.map((place) => header[place]);
    const layout = {
      file,
      columns,
      position: mapFields(position, (place) => wanted.indexOf(place)),
      rules,
      expected: `a value of ${columns.join(", ")} in every row`,
      unit: "row",
    } as const;
    const rows = new InteractionRows(layout, builder);
    const last = Math.min(table.rowCount, most - builder.size);
    await table.readRows(columns, (values, row) => rows.add(values, row), last);
  });
}
