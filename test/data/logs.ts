/** Small logs and files for the tests of this folder. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import * as assert from "uvu/assert";
import { type CutLog, type CutLogOptions, cutLog } from "../../src/data/cut-log.ts";
import { DataError } from "../../src/data/errors.ts";
import type { InteractionLog } from "../../src/data/interactions.ts";
import { InteractionLogBuilder } from "../../src/data/readers/interaction-log-builder.ts";
import { type InteractionSource, readInteractions } from "../../src/data/readers/read-interactions.ts";

export type Row = readonly [user: string, item: string, feedback: number, timestamp: number];

export function logOf(rows: readonly Row[]): InteractionLog {
  const builder = new InteractionLogBuilder();
  for (const row of rows) builder.add(...row);
  return builder.build();
}

/** The log's rows in its order, with the source's names. */
export function rowsOf(log: InteractionLog): Row[] {
  return Array.from(log.users, (user, row) => [
    log.userIds[user],
    log.itemIds[log.items[row]],
    log.feedback[row],
    log.timestamps[row],
  ]);
}

/** Up to `maxLength` interactions of a few users and items, in any order, with many equal times. */
export function arbitraryRows(userCount: number, itemCount: number, maxLength: number): fc.Arbitrary<Row[]> {
  const name = (prefix: string, count: number) => fc.nat(count - 1).map((number) => `${prefix}${number}`);
  const row = fc.tuple(name("user", userCount), name("item", itemCount), fc.integer({ min: 1, max: 5 }), fc.nat(9));
  return fc.array(row, { maxLength, size: "max" });
}

/** The lists of a file. */
export async function cutFile(source: InteractionSource, options?: CutLogOptions): Promise<CutLog> {
  return cutLog(await readInteractions(source), options, source.file);
}

/** A folder of files that lives until `remove`. */
export class TemporaryFolder {
  readonly path = mkdtempSync(join(tmpdir(), "goalrank-data-"));

  write(name: string, content: string | Uint8Array): string {
    const file = join(this.path, name);
    writeFileSync(file, content);
    return file;
  }

  remove(): void {
    rmSync(this.path, { recursive: true });
  }
}

/** What a reader refuses a file with: one line that starts with the file's name, without the folder in front of it. */
export async function refusal(reading: Promise<unknown>, folder: TemporaryFolder): Promise<string> {
  const error = await reading.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof DataError)) throw new Error(`expected a DataError, got ${error}`);
  assert.ok(error.message.startsWith(error.file), error.message);
  assert.not.match(error.message, /[\r\n\0]/);
  assert.ok(error.message.length < 1500, `${error.message.length} characters`);
  return error.message.replaceAll(`${folder.path}/`, "");
}
