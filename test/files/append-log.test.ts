/** What was acknowledged is there: after a rotation, after a failure, and after the writer was killed. */
import { spawn } from "node:child_process";
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { AppendLog, appendLogFiles } from "../../src/files/append-log.ts";

const test = suite("append log");
const root = mkdtempSync(join(tmpdir(), "goalrank-append-"));
test.after(() => rmSync(root, { recursive: true }));

const OPTIONS = { name: "records", fileBytes: 1000, syncMilliseconds: 5 };
const linesOf = (folder: string) =>
  appendLogFiles(folder, "records").flatMap((file) => readFileSync(file, "utf8").split("\n").slice(0, -1));

test("records are whole lines in their order, in files that end at their size", async () => {
  const folder = join(root, "rotation");
  const log = AppendLog.open({ folder, ...OPTIONS });
  await Promise.all(Array.from({ length: 100 }, (_, n) => log.append({ n, text: "x".repeat(n) })));
  for (let n = 100; n < 120; n++) await log.append({ n });
  await log.close();
  assert.equal(
    linesOf(folder).map((line) => JSON.parse(line).n),
    Array.from({ length: 120 }, (_, n) => n),
  );
  assert.ok(appendLogFiles(folder, "records").length >= 2);
});

test("a torn last line is cut off, and what comes after it stands in a file of its own", async () => {
  const folder = join(root, "torn");
  const first = AppendLog.open({ folder, ...OPTIONS });
  await first.append({ n: 1 });
  await first.close();
  appendFileSync(appendLogFiles(folder, "records")[0], '{"n": 2, "te');
  const second = AppendLog.open({ folder, ...OPTIONS });
  assert.is(second.repaired, 1);
  await second.append({ n: 3 });
  await second.close();
  assert.equal(linesOf(folder), ['{"n":1}', '{"n":3}']);
  assert.is(AppendLog.open({ folder, ...OPTIONS }).repaired, 0);
});

test("a record that cannot be written is an error with the file's name, and the next one is not glued to it", async () => {
  const folder = join(root, "failing");
  const log = AppendLog.open({ folder, ...OPTIONS });
  await log.append({ n: 1 });
  const handle = (log as unknown as { file: { handle: { write: unknown } } }).file.handle;
  const write = handle.write as (bytes: Buffer, at: number, length: number) => Promise<unknown>;
  handle.write = async (bytes: Buffer, at: number) => {
    await write.call(handle, bytes, at, 5);
    throw new Error("ENOSPC: no space left on device, write");
  };
  const failure = await log.append({ n: 2 }).catch((error: Error) => error.message);
  assert.match(String(failure), /records-000001\.jsonl: ENOSPC/);
  await log.append({ n: 3 });
  await log.close();
  assert.equal(linesOf(folder), ['{"n":1}', '{"n":3}']);
});

test("whoever kills the writer at any moment finds every record that was acknowledged, once", async () => {
  const program = `
    import { AppendLog } from ${JSON.stringify(join(process.cwd(), "src/files/append-log.ts"))};
    const log = AppendLog.open({ folder: process.argv[1], name: "records", fileBytes: 2000, syncMilliseconds: 5 });
    for (let n = 0; ; n++) {
      const together = [n, n + 0.25, n + 0.5].map((id) => log.append({ id }).then(() => process.stdout.write(id + "\\n")));
      await Promise.all(together);
    }`;
  for (const milliseconds of [30, 90]) {
    const folder = join(root, `killed-${milliseconds}`);
    const child = spawn(
      process.execPath,
      ["--import", import.meta.resolve("tsx"), "--input-type=module", "--eval", program, folder],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    let acknowledged = "";
    child.stdout.on("data", (chunk) => {
      acknowledged += chunk;
    });
    while (acknowledged === "") await pause(10);
    await pause(milliseconds);
    child.kill("SIGKILL");
    await new Promise((resolve) => child.on("close", resolve));
    AppendLog.open({ folder, ...OPTIONS });
    const written = linesOf(folder).map((line) => JSON.parse(line).id as number);
    const told = acknowledged.split("\n").slice(0, -1).map(Number);
    assert.ok(told.length > 3);
    assert.is(new Set(written).size, written.length);
    const known = new Set(written);
    assert.equal(
      told.filter((id) => !known.has(id)),
      [],
    );
  }
});

test.run();
