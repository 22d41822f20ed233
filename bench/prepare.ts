/**
 * What it takes to prepare a log: time and memory for reading a CSV file of interactions, the 20-core filter and the
 * cut into lists, by the number of rows. Each log is drawn, written, measured in a process of its own and deleted.
 *
 *   npx tsx bench/prepare.ts
 *   npx tsx bench/prepare.ts --rows 1e6,5e6
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Command, InvalidArgumentError, Option } from "commander";
import { cutLog } from "../src/data/cut-log.ts";
import { readInteractions } from "../src/data/readers/read-interactions.ts";
import { Random } from "../src/kernels/philox.ts";
import { formatHeader, makeTable } from "./measure/report.ts";

/** What one process measures. */
interface Measurement {
  readonly readSeconds: number;
  readonly prepareSeconds: number;
  /** The process's largest resident memory. */
  readonly peakBytes: number;
  readonly keptRows: number;
  readonly lists: number;
}

const ROWS_PER_USER = 40;
const ROWS_PER_ITEM = 400;
/** The first user of n has the share n^(-1/3) of all rows, the last a third of the mean; items are more alike. */
const USER_SKEW = 3;
const ITEM_SKEW = 2;
const LATE_SHARE = 0.005;
const LATEST_SECONDS = 86_400;

/**
 * Writes interactions to `file` in the order of their times, 10 s apart, but for a few that were logged up to a day
 * late. Some users and items have many times the interactions of others.
 */
async function writeLog(file: string, rows: number): Promise<void> {
  const random = new Random({ seed: 1, stream: "log", step: 0 });
  const users = Math.ceil(rows / ROWS_PER_USER);
  const items = Math.ceil(rows / ROWS_PER_ITEM);
  const handle = await open(file, "w");
  try {
    let text = "user_id,item_id,rating,timestamp\n";
    for (let row = 0; row < rows; row++) {
      const isLate = random.uniform() < LATE_SHARE;
      const time = 1_600_000_000 + 10 * row - (isLate ? random.integer(LATEST_SECONDS) : 0);
      const user = Math.floor(users * random.uniform() ** USER_SKEW);
      const item = Math.floor(items * random.uniform() ** ITEM_SKEW);
      text += `user-${user},item-${item},${1 + random.integer(5)},${time}\n`;
      if (text.length < 1 << 20) continue;
      await handle.write(text);
      text = "";
    }
    await handle.write(text);
  } finally {
    await handle.close();
  }
}

async function measure(file: string): Promise<Measurement> {
  const start = performance.now();
  const read = await readInteractions({ format: "csv", file });
  const middle = performance.now();
  const { log, counts } = cutLog(read, { core: 20 });
  const end = performance.now();
  return {
    readSeconds: (middle - start) / 1e3,
    prepareSeconds: (end - middle) / 1e3,
    peakBytes: 1024 * process.resourceUsage().maxRSS,
    keptRows: log.users.length,
    lists: counts.lists.lists,
  };
}

/** {@link measure} in a new process, which has held nothing else. */
function measureAlone(file: string): Measurement {
  const command = ["--import", "tsx", fileURLToPath(import.meta.url), "--measure", file];
  return JSON.parse(execFileSync(process.execPath, command, { encoding: "utf8" }));
}

function rowCounts(text: string): number[] {
  const counts = text.split(",").map(Number);
  if (!counts.every((count) => Number.isSafeInteger(count) && count > 0)) {
    throw new InvalidArgumentError("expected counts such as 1e6,5e6");
  }
  return counts;
}

async function compare(counts: readonly number[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "goalrank-prepare-"));
  const table: string[][] = [];
  try {
    for (const rows of counts) {
      const file = join(folder, "log.csv");
      await writeLog(file, rows);
      const { readSeconds, prepareSeconds, peakBytes, keptRows, lists } = measureAlone(file);
      table.push([
        rows.toLocaleString("en-US"),
        (statSync(file).size / 1e6).toFixed(0),
        keptRows.toLocaleString("en-US"),
        lists.toLocaleString("en-US"),
        readSeconds.toFixed(2),
        prepareSeconds.toFixed(2),
        ((1e6 * (readSeconds + prepareSeconds)) / rows).toFixed(2),
        (peakBytes / 1e6).toFixed(0),
      ]);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  console.log(formatHeader());
  const head = ["rows", "file MB", "20-core", "lists", "read s", "prepare s", "s per million", "peak MB"];
  console.log(makeTable(head, 0, table));
}

const program = new Command("prepare")
  .description("Measure how long it takes to read and prepare a log, and how much memory.")
  .option("--rows <counts>", "sizes of the logs", rowCounts, [1e6, 5e6, 20e6])
  .addOption(new Option("--measure <file>").hideHelp())
  .parse();
const { rows, measure: file } = program.opts<{ rows: number[]; measure?: string }>();
if (file === undefined) await compare(rows);
else console.log(JSON.stringify(await measure(file)));
