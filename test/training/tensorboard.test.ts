/** What TensorBoardWriter writes is what TensorBoard reads. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { crc32c } from "../../src/files/crc32c.ts";
import { encodeRecord, scalarsEvent } from "../../src/training/event-records.ts";
import { TensorBoardWriter } from "../../src/training/tensorboard.ts";
import { readEvents, slowCrc32c } from "./event-file.ts";

const test = suite("tensorboard");
const folder = mkdtempSync(join(tmpdir(), "goalrank-tensorboard-"));
test.after(() => rmSync(folder, { recursive: true }));

/** The events of every file of a folder, in the order of the files' names. */
function eventsOf(...path: string[]) {
  const place = join(folder, ...path);
  return readdirSync(place)
    .sort()
    .map((name) => readEvents(readFileSync(join(place, name))));
}

test("CRC-32C has the published values", () => {
  // The check value of the CRC catalogue, and the examples of RFC 3720, appendix B.4.
  const ascending = Uint8Array.from({ length: 32 }, (_, i) => i);
  const examples: [Uint8Array, number][] = [
    [Buffer.from("123456789"), 0xe3069283],
    [new Uint8Array(32), 0x8a9136aa],
    [new Uint8Array(32).fill(0xff), 0x62a8ab43],
    [ascending, 0x46dd794e],
    [ascending.toReversed(), 0x113fdb5c],
  ];
  for (const [bytes, expected] of examples) {
    assert.is(crc32c(bytes), expected);
    assert.is(slowCrc32c(bytes), expected);
  }
});

/** An object cannot hold a member of the one name that stands for its prototype. */
const tags = fc.string({ unit: "grapheme", maxLength: 200 }).filter((tag) => tag !== "__proto__");

test("any scalars come back from their record", () => {
  fc.assert(
    fc.property(
      fc.nat({ max: Number.MAX_SAFE_INTEGER }),
      fc.double({ noNaN: true }),
      fc.dictionary(tags, fc.float()),
      (step, wallTime, scalars) => {
        const record = encodeRecord(scalarsEvent({ wallTime, step }, scalars));
        assert.equal(readEvents(Buffer.from(record)), [{ wallTime, step, scalars: { ...scalars } }]);
      },
    ),
  );
});

test("steps and validations are scalars of the stage's tags", () => {
  const writer = new TensorBoardWriter(join(folder, "one"));
  const before = Date.now() / 1000;
  writer.begin("reward model", 2, 0);
  writer.step("reward model", 0, { loss: 0.5, learningRate: 0.25 });
  writer.validation("reward model", 0, { "NDCG@6": 0.75 });
  writer.step("reward model", 300, { loss: Number.NaN });
  writer.end();
  const [events] = eventsOf("one", "reward-model");
  for (const { wallTime } of events) assert.ok(wallTime >= before && wallTime <= Date.now() / 1000);
  assert.equal(
    events.map(({ wallTime: _, ...event }) => event),
    [
      { step: 0, version: "brain.Event:2" },
      { step: 0, session: 1 },
      { step: 0, scalars: { "reward model/loss": 0.5, "reward model/learningRate": 0.25 } },
      { step: 0, scalars: { "reward model/validation/NDCG@6": 0.75 } },
      { step: 300, scalars: { "reward model/loss": Number.NaN } },
    ],
  );
});

test("each process writes a file of its own, which voids what follows the step that it goes on from", () => {
  const path = join(folder, "resumed");
  for (const firstStep of [0, 4, 4]) {
    const writer = new TensorBoardWriter(path);
    writer.begin("DNN", 10, firstStep);
    for (let step = firstStep; step < firstStep + 6; step++) writer.step("DNN", step, { loss: step });
    writer.close();
  }
  const files = eventsOf("resumed", "DNN");
  assert.equal(
    files.map((events) => events.filter(({ session }) => session === 1).map(({ step }) => step)),
    [[0], [4], [4]],
  );
  for (const name of readdirSync(join(path, "DNN"))) {
    assert.match(name, /^events\.out\.tfevents\.\d{10}\./);
    assert.ok(name.endsWith(`.${hostname()}`));
  }
});

test("a stage that was finished before leaves no file", () => {
  const writer = new TensorBoardWriter(join(folder, "nothing"));
  writer.begin("DNN", 10, 10);
  writer.end();
  writer.begin("GoalRank", 10, 3);
  writer.step("GoalRank", 3, { loss: 1 });
  writer.end();
  assert.equal(readdirSync(join(folder, "nothing")), ["GoalRank"]);
});

test("every record is in the file as soon as it is written", () => {
  const writer = new TensorBoardWriter(join(folder, "live"));
  writer.begin("DNN", 3, 0);
  for (let step = 0; step < 3; step++) {
    writer.step("DNN", step, { loss: step });
    assert.is(eventsOf("live", "DNN")[0].at(-1)?.step, step);
  }
  writer.close();
});

test.run();
