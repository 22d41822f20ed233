/** Reads the ratings files of MovieLens: `user::item::rating::timestamp`, one a line, no header. */

import type { InteractionLog } from "../interactions.ts";
import { readRecords } from "./delimited.ts";
import { InteractionLogBuilder } from "./interaction-log-builder.ts";
import { addRow, finishLog, type RowLayout } from "./interaction-rows.ts";

/**
 * Reads MovieLens ratings: one `user::item::rating::timestamp` per line, no header, plain or gzipped
 * (Harper and Konstan 2015, "The MovieLens Datasets: History and Context").
 *
 * @throws DataError with file and line when the file cannot be read or a line is not of that form.
 */
export async function readMovieLens(file: string): Promise<InteractionLog> {
  const columns = ["user", "item", "rating", "timestamp"];
  const layout: RowLayout = {
    file,
    columns,
    position: { user: 0, item: 1, feedback: [{ column: 2, weight: 1 }], timestamp: 3 },
    expected: columns.join("::"),
  };
  const builder = new InteractionLogBuilder();
  await readRecords(file, { delimiter: "::", quoted: false }, (fields, line) =>
    addRow(builder, layout, fields, line),
  );
  return finishLog(builder, file, `lines of ${layout.expected}`);
}
