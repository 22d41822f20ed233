import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { writeWhole, writeWholeInParts } from "../../src/files/write-whole.ts";

const test = suite("files that are there whole or not at all");
let folder: string;
test.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), "goalrank-write-"));
});
test.after.each(() => rmSync(folder, { recursive: true }));

test("a file is written with the folders it lies in, and takes the place of an older one", () => {
  const file = join(folder, "a", "b", "file.txt");
  writeWhole(file, "older, and longer");
  writeWhole(file, "newer");
  assert.is(readFileSync(file, "utf8"), "newer");
  assert.equal(readdirSync(join(folder, "a", "b")), ["file.txt"]);
});

test("parts follow each other, empty ones too, and those of more than one write", async () => {
  const file = join(folder, "parts");
  const large = new Uint8Array((1 << 26) + 3).fill(7);
  await writeWholeInParts(file, [Uint8Array.of(1, 2), new Uint8Array(), large, Uint8Array.of(9)]);
  const written = readFileSync(file);
  assert.is(written.length, 2 + large.length + 1);
  assert.equal([...written.subarray(0, 3), ...written.subarray(-2)], [1, 2, 7, 7, 9]);
});

test("after a failure what was there is as it was, nothing else is left, and the error names the file", async () => {
  const file = join(folder, "file.txt");
  writeWhole(file, "before");
  function* failing(): Iterable<Uint8Array> {
    yield Uint8Array.of(1);
    throw new Error("no more parts");
  }
  const failed = await writeWholeInParts(file, failing()).catch((error: Error) => error.message);
  assert.is(failed, "no more parts");
  assert.is(readFileSync(file, "utf8"), "before");

  const occupied = join(folder, "folder");
  mkdirSync(occupied);
  writeFileSync(join(occupied, "content"), "");
  for (const name of [occupied, join(file, "below a file")]) {
    assert.throws(
      () => writeWhole(name, "content"),
      (error: NodeJS.ErrnoException) => error.message.startsWith(`${name}: E`) && error.code !== undefined,
    );
  }
  assert.equal(readdirSync(folder).sort(), ["file.txt", "folder"]);
});

test.run();
