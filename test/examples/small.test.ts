/** The small examples, in the order in which a reader meets them: each says what it shows. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { runExample } from "./run-example.ts";

const test = suite("small examples");
const folder = mkdtempSync(join(tmpdir(), "goalrank-examples-"));
test.after(() => rmSync(folder, { recursive: true }));
const ranker = join(folder, "ranker.safetensors");

/** The lines that an example prints. */
function linesOf(name: string, ...words: string[]): string[] {
  const { code, output, errors } = runExample(name, ...words);
  assert.is(code, 0, errors);
  return output.split("\n");
}

const itemsOf = (line: string) => line.replace(/^.*: +| \(.*$/g, "").split(", ");
const genresOf = (line: string) => itemsOf(line).map((item) => item.split(" ")[0]);
const countOf = (line: string, genre: string) => genresOf(line).filter((own) => own === genre).length;

test("from-arrays: 30 lines lead from arrays to a list that fits the history, and to a file", () => {
  const line = linesOf("from-arrays.ts", ranker).at(-1) ?? "";
  assert.is(itemsOf(line).length, 4);
  assert.ok(countOf(line, "western") >= 3, line);
  assert.ok(existsSync(ranker));
  assert.ok(readFileSync("examples/from-arrays.ts", "utf8").trimEnd().split("\n").length <= 30);
});

test("passages: vectors and clicks make a reranker that gets more clicks than the cosine, out of its file", () => {
  const lines = linesOf("passages.ts");
  const shareOf = (name: string) =>
    Number(
      lines
        .find((line) => line.startsWith(`${name}: `))
        ?.match(/[\d.]+ %/)?.[0]
        .slice(0, -2),
    );
  assert.ok(shareOf("cosine") > shareOf("random") + 3, lines.join("\n"));
  assert.ok(shareOf("list-net") > shareOf("cosine") + 10, lines.join("\n"));
  const [cosine, reranked] =
    lines
      .at(-1)
      ?.match(/\d\.\d+/g)
      ?.map(Number) ?? [];
  assert.ok(reranked > cosine + 0.4, lines.at(-1));
});

test("constraints: every rule is met, and one that cannot be is an error", () => {
  const [free, without, pinned, twoEach, all, impossible] = linesOf("constraints.ts", ranker);
  const [first, second] = itemsOf(free);
  assert.ok(countOf(free, "horror") >= 3, free);
  for (const line of [without, all]) {
    assert.not.ok(itemsOf(line).includes(first), line);
    assert.not.ok(itemsOf(line).includes(second), line);
  }
  for (const line of [pinned, all]) assert.is(itemsOf(line)[1], "western 23");
  for (const line of [twoEach, all]) {
    for (const genre of genresOf(line)) assert.ok(countOf(line, genre) <= 2, line);
  }
  assert.match(impossible, /^two in one place: constraints/);
});

test("serve-and-call: a list, a list among several, and an error come back over HTTP", () => {
  const [one, ofSeveral, mistake, ...others] = linesOf("serve-and-call.ts", ranker);
  assert.is(itemsOf(one).length, 3);
  assert.is(itemsOf(ofSeveral).length, 4);
  assert.match(mistake, /^unknown-item: candidates\[1\]/);
  assert.equal(others, []);
});

test("onnx: the other runtime writes the ranker's list", () => {
  const [theirs, own, difference] = linesOf("onnx.ts", ranker);
  assert.equal(itemsOf(theirs), itemsOf(own));
  assert.ok(Number(itemsOf(difference)[0]) < 1e-4, difference);
});

test("compare-methods: the table has the methods that were asked for, and the last of them is at work", () => {
  const lines = linesOf("compare-methods.ts", "mir", "set-rank");
  for (const title of ["random", "retriever", "DNN", "MIR", "PRS (SetRank)"]) {
    assert.ok(
      lines.some((line) => line.startsWith(`${title}  `)),
      title,
    );
  }
  assert.match(lines.at(-1) ?? "", /^PRS \(SetRank\) for somebody who liked two westerns: /);
});

test.run();
