/** The parts that need no server: reading JSON, batches, the estimate of waits, what is logged. */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseJsonBody } from "../../src/server/json-body.ts";
import { ServeProblem, toProblem } from "../../src/server/problems.ts";
import { RequestQueue, type WaitingRequest } from "../../src/server/ranking/request-queue.ts";
import { Submission } from "../../src/server/ranking/submission.ts";
import { WaitEstimate } from "../../src/server/ranking/wait-estimate.ts";
import { loggerOptions } from "../../src/server/request-log.ts";

const test = suite("parts of the server");

const bytes = (text: string) => new TextEncoder().encode(text);

function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

test("a body is read as JSON.parse reads it, up to the depth that is allowed", () => {
  const limit = 3;
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5, noUnicodeString: false }), fc.boolean(), (value, isPretty) => {
      const text = JSON.stringify(value, undefined, isPretty ? 2 : 0);
      const read = () => parseJsonBody(bytes(text), limit);
      if (depthOf(value) > limit) assert.throws(read, /more than 3/);
      else if (text.includes('"__proto__"')) assert.throws(read, /__proto__/);
      else assert.equal(read(), JSON.parse(text));
    }),
  );
});

test("brackets and quotes inside of strings are no depth", () => {
  for (const text of ['"[[[[["', '"\\"[[[["', '{"[[[": "\\\\"}', '["]", "{{{"]']) {
    assert.equal(parseJsonBody(bytes(text), 1), JSON.parse(text));
  }
});

/** Requests numbered from 0, of one submission. */
function waitingRequests(count: number, arrived = 0, suspect = false): WaitingRequest[] {
  const submission = new Submission(count);
  return Array.from({ length: count }, (_, index) => ({ request: {}, submission, index, arrived, suspect }));
}

const indices = (batch: readonly WaitingRequest[]) => batch.map(({ index }) => index);

test("a batch leaves when it is full or its first request has waited long enough", () => {
  const queue = new RequestQueue({ requests: 3, milliseconds: 10 });
  assert.is(queue.untilNextBatch(0), undefined);
  queue.add(waitingRequests(2, 100));
  assert.is(queue.untilNextBatch(104), 6);
  assert.is(queue.untilNextBatch(120), 0);
  queue.add(waitingRequests(1, 104));
  assert.is(queue.untilNextBatch(104), 0);
});

test("idle workers share what waits, and no batch is larger than allowed", () => {
  const queue = new RequestQueue({ requests: 4, milliseconds: 0 });
  queue.add(waitingRequests(10));
  assert.equal(indices(queue.take(3)), [0, 1, 2, 3]);
  assert.equal(indices(queue.take(2)), [4, 5, 6]);
  assert.equal(indices(queue.take(1)), [7, 8, 9]);
});

test("what a worker died over is ranked first, and alone", () => {
  const queue = new RequestQueue({ requests: 4, milliseconds: 10 });
  queue.add(waitingRequests(3));
  queue.putBack(waitingRequests(2, 0, true));
  assert.is(queue.untilNextBatch(0), 0);
  assert.equal(indices(queue.take(1)), [0]);
  assert.equal(indices(queue.take(1)), [1]);
  assert.equal(indices(queue.take(1)), [0, 1, 2]);
});

test("a submission that nobody waits for leaves the queue", () => {
  const queue = new RequestQueue({ requests: 4, milliseconds: 0 });
  const [left, stays] = [waitingRequests(2), waitingRequests(1)];
  queue.add([...left, ...stays]);
  queue.remove(left[0].submission);
  assert.is(queue.length, 1);
  assert.is(queue.take(1)[0], stays[0]);
});

test("a submission is answered when its last request is, in their order", async () => {
  const submission = new Submission(2);
  const fault = (message: string) => ({ fault: { code: "type" as const, message } });
  submission.settle(1, fault("second"));
  assert.is(submission.isOpen, true);
  submission.settle(0, fault("first"));
  assert.is(submission.isOpen, false);
  assert.equal(await submission.answer, [fault("first"), fault("second")]);
});

test("the expected wait follows what batches cost, and how slow they turn out", () => {
  const estimate = new WaitEstimate(4);
  estimate.restart({ millisecondsPerBatch: 3, millisecondsPerRequest: 1 });
  assert.is(estimate.milliseconds(0, 1), 0);
  assert.is(estimate.milliseconds(1, 1), 4);
  assert.is(estimate.milliseconds(8, 1), 14);
  assert.is(estimate.milliseconds(8, 2), 7);
  assert.is(estimate.milliseconds(8, 0), 14, "a worker takes the place of the last one");
  for (let batch = 0; batch < 100; batch++) estimate.record(4, 21);
  assert.ok(Math.abs(estimate.milliseconds(8, 1) - 42) < 0.1, "three times as slow");
  estimate.restart({ millisecondsPerBatch: 3, millisecondsPerRequest: 1 });
  assert.is(estimate.milliseconds(8, 1), 14);
});

test("what nobody expected is internal, and shows nothing of itself", () => {
  for (const thrown of [new Error("secret"), "secret", undefined, null, { code: 5 }]) {
    const problem = toProblem(thrown);
    assert.is(problem.status, 500);
    assert.not(problem.message.includes("secret"));
  }
  const own = new ServeProblem("json", "not JSON");
  assert.is(toProblem(own), own);
});

test("a terminal gets short lines, anything else JSON", () => {
  const entry = { level: "error", time: "2030-01-02T03:04:05.678Z", path: "x", status: 5, msg: "it broke" };
  const written = (isTTY: boolean) => {
    let text = "";
    const { stream } = loggerOptions("info", { isTTY, write: (part) => (text += part) });
    stream?.write(`${JSON.stringify(entry)}\n`);
    return text;
  };
  assert.is(written(true), "03:04:05 error it broke: path x, status 5\n");
  assert.equal(JSON.parse(written(false)), entry);
});

test.run();
