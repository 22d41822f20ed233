/** Logs in packed files: gzip in several members, and Zstandard of every form, whole, cut short and broken. */
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { unpackZstandard, ZstandardError } from "../../../src/data/readers/zstandard.ts";
import { refusal, rowsOf, TemporaryFolder } from "../logs.ts";
import { readCsv } from "../read-logs.ts";
import { skippableFrame, ZSTANDARD, zstandardFrame } from "../zstandard-frames.ts";

const folder = new TemporaryFolder();
test.after(() => folder.remove());

/** What ZSTANDARD holds. */
const HEADER = "user_id,item_id,rating,timestamp\n";
const ROWS = Array.from({ length: 40 }, (_, n) => `user-${n % 3},item-${n % 7},${n % 5},${1700000000 + n}\n`).join("");

const read = (...parts: Uint8Array[]) => readCsv(folder.write("log", Buffer.concat(parts)));
const problem = (...parts: Uint8Array[]) => refusal(read(...parts), folder);

test("members of gzip one after another are one file, and zeros at the end are none of it", async () => {
  const whole = await readCsv(folder.write("plain", HEADER + ROWS));
  const cut = ROWS.indexOf("\n", 500) + 1;
  const members = [HEADER, ROWS.slice(0, cut), ROWS.slice(cut)].map((text) => gzipSync(text));
  assert.equal(rowsOf(await read(...members)), rowsOf(whole));
  assert.equal(rowsOf(await read(...members, new Uint8Array(1000))), rowsOf(whole));
  assert.match(await problem(...members, members[1].subarray(0, -4)), /^log: broken gzip data \(unexpected end/);
});

test("Zstandard is unpacked, one frame or several, with others between them", async () => {
  const whole = await readCsv(folder.write("plain", HEADER + ROWS));
  assert.equal(rowsOf(await read(ZSTANDARD)), rowsOf(whole));
  const frames = [HEADER, ROWS.slice(0, 100), ROWS.slice(100)].map((text) => zstandardFrame(Buffer.from(text)));
  assert.equal(rowsOf(await read(frames[0], skippableFrame(70), frames[1], frames[2])), rowsOf(whole));
  assert.equal(rowsOf(await read(skippableFrame(0), ZSTANDARD, skippableFrame(3))), rowsOf(whole));
});

test("Zstandard that is cut short, changed, or wants too much is an error", async () => {
  assert.match(
    await problem(ZSTANDARD.subarray(0, -9)),
    /^log: broken Zstandard data \(unexpected end of file\); fetch/,
  );
  assert.match(
    await problem(ZSTANDARD, Buffer.from("rubbish")),
    /^log: broken Zstandard data \(bytes that begin no frame/,
  );
  const changed = Buffer.from(ZSTANDARD).fill(0xff, 20, 60);
  assert.match(await problem(changed), /^log: broken Zstandard data \(/);
  // A window of 2^41 bytes, and a file of 2^60.
  const window = Buffer.from("28b52ffd00f8010000", "hex");
  assert.match(await problem(window), /it needs 2199023255552 bytes at hand, at most 134217728 are given\)/);
  const single = Buffer.from("28b52ffde00000000000000010010000", "hex");
  assert.match(await problem(single), /it needs 1152921504606847000 bytes at hand/);
  assert.match(await problem(Buffer.from("28b52ffd010807010000", "hex")), /it needs a dictionary/);
});

test("Zstandard may be cut into chunks anywhere", async () => {
  const packed = Buffer.concat([ZSTANDARD, skippableFrame(5), zstandardFrame(Buffer.from("end")), ZSTANDARD]);
  const text = `${HEADER}${ROWS}end${HEADER}${ROWS}`;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(packed.length), { maxLength: 12 }), async (places) => {
      const cuts = [0, ...places.toSorted((a, b) => a - b), packed.length];
      const chunks = cuts.slice(1).map((end, n) => packed.subarray(cuts[n], end));
      const pieces: Buffer[] = [];
      for await (const piece of unpackZstandard(asyncOf(chunks))) pieces.push(piece);
      assert.is(Buffer.concat(pieces).toString(), text);
    }),
    { numRuns: 60 },
  );
  const error = await drain(unpackZstandard(asyncOf([packed.subarray(0, -1)]))).catch((reason: unknown) => reason);
  assert.instance(error, ZstandardError);
});

async function* asyncOf(chunks: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* chunks;
}

async function drain(pieces: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of pieces);
}

test.run();
