/** `goalrank report`: what it writes, what it prints, and what it refuses. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { reportCommand } from "../../src/cli/commands/report.ts";
import { EXIT, exitCodeOf } from "../../src/cli/exit-codes.ts";
import { files, writeRun } from "./sample-run.ts";

const test = suite("goalrank report");
const folder = mkdtempSync(join(tmpdir(), "goalrank-report-"));
const run = join(folder, "first");
writeRun(run, { ...files, "metrics.jsonl": "" });

/** What the command prints. */
async function report(...words: string[]): Promise<string> {
  const { log } = console;
  const printed: string[] = [];
  console.log = (line: string) => printed.push(line);
  try {
    await reportCommand().exitOverride().parseAsync(words, { from: "user" });
  } finally {
    console.log = log;
  }
  return printed.join("\n");
}

async function refuses(message: RegExp, ...words: string[]): Promise<void> {
  const error = await report(...words).then(
    () => assert.unreachable(`expected ${words.join(" ")} to be refused`),
    (thrown: Error) => thrown,
  );
  assert.is(exitCodeOf(error), EXIT.mistake);
  assert.match((error as Error).message, message);
}

test("the page goes to the run's folder, or where --out says, and nothing else is left", async () => {
  const page = join(run, "report.html");
  assert.match(await report(run), /report\.html {2}\d+ kB$/);
  assert.match(readFileSync(page, "utf8"), /^<!doctype html>/);
  assert.is(
    readdirSync(run)
      .filter((name) => !(name in files))
      .join(),
    "report.html",
  );
  const other = join(folder, "other.html");
  const { file, bytes } = JSON.parse(await report(run, "--out", other, "--json"));
  assert.is(file, other);
  assert.is(bytes, readFileSync(other).length);
  assert.is(readFileSync(other, "utf8"), readFileSync(page, "utf8"));
});

test("what cannot be read or written is a mistake of the caller, in one line, and writes nothing", async () => {
  await refuses(/no folder of a run/, join(folder, "nowhere"));
  await refuses(/there is no folder/, run, "--out", join(folder, "nowhere", "page.html"));
  await refuses(/this is a folder/, run, "--out", folder);
  const damaged = join(folder, "damaged");
  writeRun(damaged, { ...files, "result.json": "{" });
  await refuses(/result\.json: not JSON/, damaged);
  assert.not.ok(existsSync(join(damaged, "report.html")));
});

test.after(() => rmSync(folder, { recursive: true }));

test.run();
