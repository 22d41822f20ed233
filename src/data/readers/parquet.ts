/**
 * Reads interactions from Apache Parquet: columns are found by name, among any others, and read one row group after
 * another, so that a file never has to fit in memory.
 */
import type { DecodedArray } from "hyparquet";
import { excerpt } from "../../text/excerpt.ts";
import { DataError } from "../errors.ts";
import type { InteractionLog } from "../interactions.ts";
import { type ColumnOptions, findColumns, listNames, resolveColumns } from "./columns.ts";
import { withInputFile } from "./input-file.ts";
import { InteractionLogBuilder } from "./interaction-log-builder.ts";
import { addRow, finishLog, type RowLayout } from "./interaction-rows.ts";
import { ParquetDecoder, ParquetError } from "./parquet-decoder.ts";
import type { ParquetDescription } from "./parquet-process.ts";

const decoder = new ParquetDecoder();

/**
 * Reads interactions from a Parquet file of any compression; other columns are not read. Users, items and lists are
 * text or integers. Feedback and positions are numbers or truth values. Times are numbers, which stay as they are, or
 * dates and timestamps, which become seconds since 1970.
 *
 * @throws DataError with file and row, counted from 1, when the file cannot be read, lacks a column, or holds a null or
 * something else that does not belong there; RangeError for `columns` that make no sense.
 *
 * @example
 * const log = await readParquet("interactions.parquet", { columns: { feedback: "long_view" } });
 */
export function readParquet(file: string, options: ColumnOptions = {}): Promise<InteractionLog> {
  const names = resolveColumns(options);
  const columns = [...new Set(listNames(names))];
  return withInputFile(file, (_, size) =>
    decoder.inTurn(async () => {
      const description = await open(file, size);
      const header = description.columns.map(({ name }) => name);
      // Reports columns that are missing from the whole file; rows are then of the wanted columns alone.
      findColumns({ file, line: undefined, columns: header }, names);
      const nested = description.columns.find(({ name, isNested }) => isNested && columns.includes(name));
      if (nested !== undefined) {
        const problem = `the column "${excerpt(nested.name)}" is nested; expected one value in each row`;
        throw new DataError(file, undefined, problem);
      }
      const layout: RowLayout = {
        file,
        columns,
        position: findColumns({ file, line: undefined, columns }, names),
        expected: `a value of ${columns.join(", ")} in every row`,
        unit: "row",
      };
      const builder = new InteractionLogBuilder();
      let firstRow = 0;
      for (const [group, rows] of description.groups.entries()) {
        const values = await readRowGroup(file, columns, group, firstRow, rows);
        addRows(builder, layout, values, firstRow, rows);
        firstRow += rows;
      }
      return finishLog(builder, file, `rows of ${columns.join(", ")}`);
    }),
  );
}

async function open(file: string, size: number): Promise<ParquetDescription> {
  try {
    return await decoder.open(file, size);
  } catch (error) {
    throw explain(error, file, "this is not a Parquet file, or its end is missing");
  }
}

/** The values of a row group, column by column. */
async function readRowGroup(
  file: string,
  columns: readonly string[],
  group: number,
  firstRow: number,
  rows: number,
): Promise<DecodedArray[]> {
  if (rows === 0) return [];
  try {
    const values: DecodedArray[] = [];
    for (const column of columns) values.push(await decoder.readColumn(group, column));
    return values;
  } catch (error) {
    throw explain(error, file, `rows ${firstRow + 1} to ${firstRow + rows} cannot be read`);
  }
}

function addRows(
  builder: InteractionLogBuilder,
  layout: RowLayout,
  values: readonly DecodedArray[],
  firstRow: number,
  rows: number,
): void {
  const row: unknown[] = new Array(values.length);
  for (let n = 0; n < rows; n++) {
    for (let column = 0; column < values.length; column++) row[column] = values[column][n];
    addRow(builder, layout, row, firstRow + n + 1);
  }
}

function explain(error: unknown, file: string, problem: string): unknown {
  if (!(error instanceof ParquetError)) return error;
  const reason = excerpt(error.message, 300);
  return new DataError(file, undefined, `${problem} (${reason}); write the file again`, { cause: error });
}
