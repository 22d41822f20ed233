/** Lines of requests are answered in their order, as they come. */

import { Readable } from "node:stream";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { answerLines, formatJson, formatText } from "../../src/cli/rank/answer-lines.ts";
import { type Line, readLines } from "../../src/cli/rank/read-lines.ts";
import { Generator } from "../../src/goalrank/generator.ts";
import { Random } from "../../src/kernels/index.ts";
import { Ranker } from "../../src/ranker/ranker.ts";
import { retrievalWarning } from "../../src/ranker/retrieval-warning.ts";
import { encodeGenerator } from "../encode-generator.ts";

const test = suite("goalrank rank");

const catalogue = {
  userCount: 1,
  itemCount: 12,
  itemIds: Array.from({ length: 12 }, (_, n) => `i${n}`),
  itemTitles: Array.from({ length: 12 }, (_, n) => (n === 3 ? "The third" : "")),
};
const options = { width: 8, heads: 1, encoderLayers: 1, decoderLayers: 1, listLength: 2, dropoutRate: 0 };
const generator = new Generator(
  catalogue,
  { ...options, seed: 1, stream: "g" },
  new Random({ seed: 1, stream: "w", step: 0 }),
);
const ranker = await Ranker.create(
  await encodeGenerator({
    generator,
    catalogue,
    retriever: undefined,
    candidateCount: 4,
    historyLength: 3,
    training: {},
  }),
);

async function linesOf(chunks: readonly Uint8Array[], mostBytes = 1000): Promise<Line[]> {
  const lines: Line[] = [];
  for await (const own of readLines(Readable.from(chunks), mostBytes)) lines.push(...own);
  return lines;
}

async function answersTo(...requests: string[]) {
  const answers = [];
  for await (const answer of answerLines(
    ranker,
    requests.map((text, n) => ({ number: n + 1, text })),
  )) {
    answers.push(answer);
  }
  return answers;
}

const scored = (...items: number[]) =>
  JSON.stringify({ candidates: items.map((item) => ({ item: `i${item}`, score: 0 })) });

test("lines are the same however the stream is cut; blank ones are counted and left out", async () => {
  const text = fc.array(fc.constantFrom("", " ", "a", "bé", "{}"), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(text, fc.infiniteStream(fc.integer({ min: 1, max: 5 })), async (rows, sizes) => {
      const bytes = new TextEncoder().encode(rows.join("\n"));
      const chunks: Uint8Array[] = [];
      for (let at = 0; at < bytes.length; ) {
        const size = sizes.next().value as number;
        chunks.push(bytes.subarray(at, at + size));
        at += size;
      }
      const expected = rows.map((row, n) => ({ number: n + 1, text: row })).filter(({ text }) => text.trim());
      assert.equal(await linesOf(chunks), expected);
    }),
  );
});

test("a line without an end and one that is no text are errors that name it", async () => {
  const message = async (chunks: Uint8Array[]) =>
    linesOf(chunks, 10).then(
      () => "no error",
      (error: Error) => error.message,
    );
  const bytes = (text: string) => new TextEncoder().encode(text);
  assert.match(await message([bytes("{}\n"), bytes("x".repeat(6)), bytes("x".repeat(6))]), /line 2 is longer than 10/);
  assert.match(await message([Uint8Array.of(0xff, 0x0a)]), /line 1 is not UTF-8/);
});

test("every line has its answer, those with mistakes too, and ids come back", async () => {
  const answers = await answersTo(
    scored(1, 2, 3),
    "{",
    '{"id": "b", "candidates": ["i1"], "colour": 1}',
    JSON.stringify({ ...JSON.parse(scored(4, 5)), id: 7 }),
    "[]",
  );
  const json = answers.map((answer) => JSON.parse(formatJson(answer)));
  assert.is(json[0].items.length, 2);
  assert.match(json[1].error.message, /not JSON/);
  assert.is(json[1].error.line, 2);
  assert.is(json[2].id, "b");
  assert.match(json[2].error.message, /colour/);
  assert.is(json[3].id, 7);
  assert.equal([...json[3].items].sort(), ["i4", "i5"]);
  assert.is(json[4].error.code, "type");
});

test("a hundred and fifty requests are answered in their order", async () => {
  const requests = Array.from({ length: 150 }, (_, n) => scored(n % 10, 10, 11));
  const answers = await answersTo(...requests);
  assert.equal(
    answers.map(({ line }) => line),
    requests.map((_, n) => n + 1),
  );
  const alone = await answersTo(requests[149]);
  assert.equal(answers[149].outcome, alone[0].outcome);
});

test("a ranker that learned from injected candidates says so", () => {
  assert.match(retrievalWarning({ training: { candidates: "injected" } }) ?? "", /candidates that you give it/);
  for (const training of [{}, { candidates: "retrieved" }]) assert.is(retrievalWarning({ training }), undefined);
});

test("people see places, probabilities and titles", async () => {
  const [unknown] = await answersTo('{"candidates": [{"item": "i1", "score": 0}, "new"]}');
  assert.match(formatText(unknown, ranker), /, unknown candidates: new\n/);
  const [answer] = await answersTo(scored(3, 4));
  const text = formatText(answer, ranker);
  assert.match(text, /request 1: log-probability/);
  assert.match(text, /i3 {2}The third/);
  assert.match(text, /%/);
});

test.run();
