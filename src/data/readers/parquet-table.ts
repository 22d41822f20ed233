/** A Parquet file as a table, of which wanted columns are read, one row group after another. */
import type { DecodedArray } from "hyparquet";
import { excerpt } from "../../text/excerpt.ts";
import { DataError } from "../errors.ts";
import { withInputFile } from "./input-file.ts";
import { ParquetDecoder, ParquetError } from "./parquet-decoder.ts";
import type { ParquetDescription } from "./parquet-process.ts";

const decoder = new ParquetDecoder();

/**
 * Calls `read` with an open file; other files wait for it.
 * @throws DataError when it is no Parquet file; what `read` throws
 */
export function withParquetTable<Result>(
  file: string,
  read: (table: ParquetTable) => Promise<Result>,
): Promise<Result> {
  return withInputFile(file, (_, size) =>
    decoder.inTurn(async () => {
      const description = await explained(file, "this is not a Parquet file, or its end is missing", () =>
        decoder.open(file, size),
      );
      return read(new ParquetTable(file, description));
    }),
  );
}

/** An open Parquet file. */
export class ParquetTable {
  constructor(
    private readonly file: string,
    readonly description: ParquetDescription,
  ) {}

  get rowCount(): number {
    return this.description.groups.reduce((sum, rows) => sum + rows, 0);
  }

  /**
   * Calls `visit` with the values of `columns`, none of them nested, in each row and the row's number from 1, up to row
   * `last`. The array is the same for all rows.
   * @throws DataError when the rows cannot be read; what `visit` throws
   */
  async readRows(
    columns: readonly string[],
    visit: (values: readonly unknown[], row: number) => void,
    last = this.rowCount,
  ): Promise<void> {
    const row: unknown[] = new Array(columns.length);
    let first = 0;
    for (const [group, size] of this.description.groups.entries()) {
      const count = Math.min(size, last - first);
      const values = await this.readGroup(columns, group, first, count);
      for (let n = 0; n < count; n++) {
        for (let column = 0; column < values.length; column++) row[column] = values[column][n];
        visit(row, first + n + 1);
      }
      first += count;
    }
  }

  /** The first `count` values of each column in a row group, which starts after row `first`. */
  private async readGroup(
    columns: readonly string[],
    group: number,
    first: number,
    count: number,
  ): Promise<readonly DecodedArray[]> {
    if (count === 0) return [];
    return explained(this.file, `rows ${first + 1} to ${first + count} cannot be read`, async () => {
      const values: DecodedArray[] = [];
      for (const column of columns) values.push(await decoder.readColumn(group, column, count));
      return values;
    });
  }
}

async function explained<Result>(file: string, problem: string, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof ParquetError)) throw error;
    const reason = excerpt(error.message, 300);
    throw new DataError(file, `${problem} (${reason}); write the file again`, { cause: error });
  }
}
