/**
 * Reads logs with a line of a gigabyte, of letters and of delimiters, plain and gzipped: what is said of them, and how
 * much memory that takes.
 *
 *   npx tsx bench/long-line.ts [--megabytes N]
 */
import { createReadStream, createWriteStream, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { Command } from "commander";
import { readCsv } from "../test/data/read-logs.ts";

const { megabytes } = new Command("long-line")
  .option("--megabytes <count>", "length of the line", Number, 1024)
  .parse()
  .opts<{ megabytes: number }>();

const ROW = "u,i,1,2\n";
const HEADER = "user_id,item_id,rating,timestamp\n";

function* logWith(character: string): Generator<Buffer> {
  yield Buffer.from(HEADER + ROW);
  const megabyte = Buffer.alloc(1 << 20, character);
  for (let n = 0; n < megabytes; n++) yield megabyte;
  yield Buffer.from(`\n${ROW}`);
}

/** What the process has taken from the system at most since it started, in megabytes. */
const peak = () => process.resourceUsage().maxRSS / 1e3;

async function report(file: string): Promise<void> {
  const before = peak();
  const start = performance.now();
  const message = await readCsv(file).then(
    ({ users }) => `read ${users.length} rows`,
    (error: Error) => error.message.slice(error.message.indexOf(basename(file))),
  );
  const seconds = (performance.now() - start) / 1000;
  const size = (statSync(file).size / 2 ** 20).toFixed(0);
  console.log(`${size} MiB: ${message}\n  ${seconds.toFixed(1)} s, ${(peak() - before).toFixed(0)} MB of memory more`);
}

const folder = mkdtempSync(join(tmpdir(), "goalrank-line-"));
try {
  // What the first file makes the reader load is no cost of the line.
  const small = join(folder, "small.csv");
  writeFileSync(small, HEADER + ROW.repeat(200_000));
  await readCsv(small);
  for (const [name, character] of [
    ["letters", "x"],
    ["commas", ","],
  ]) {
    const file = join(folder, `${name}.csv`);
    await pipeline(Readable.from(logWith(character)), createWriteStream(file));
    await report(file);
    await pipeline(createReadStream(file), createGzip({ level: 1 }), createWriteStream(`${file}.gz`));
    await report(`${file}.gz`);
    rmSync(file);
  }
} finally {
  rmSync(folder, { recursive: true });
}
