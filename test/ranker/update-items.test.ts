/** Items that are added to a ranker's file are those that a request would have described, and stay so. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { updateItemsCommand } from "../../src/cli/commands/update-items.ts";
import { DataError } from "../../src/data/errors.ts";
import { RETRIEVERS } from "../../src/data/retrievers/retriever.ts";
import { Ranker } from "../../src/ranker/ranker.ts";
import { RankerFileError } from "../../src/ranker/ranker-file.ts";
import type { Candidate, RankRequest } from "../../src/ranker/requests.ts";
import { type ItemUpdate, updateItems } from "../../src/ranker/update-items.ts";
import { TemporaryFolder } from "../data/logs.ts";
import { smallRanker } from "../small-ranker.ts";
import { fileOf } from "./featured-ranker.ts";

const test = suite("items that are added");
const folder = new TemporaryFolder();
test.after(() => folder.remove());

const NEW: readonly ItemUpdate[] = [
  { item: "n1", title: "The new one", features: { price: "35", genres: "g0|g3", kind: "k1" } },
  { item: "n2", features: { price: "", genres: "never seen", kind: "" } },
];
const known = ["i1", "i2", "i3", "i4", "i5"];

/** What rankers make of a request, to five digits. */
async function answer(bytes: Uint8Array, request: RankRequest) {
  const ranker = await Ranker.create(bytes, { threads: 1 });
  const { items, logProbability, unknownCandidates } = await ranker.rank(request);
  ranker.dispose();
  return { items, logProbability: logProbability.toFixed(4), unknownCandidates };
}

const described = (update: ItemUpdate): Candidate => ({ item: update.item, features: update.features });

for (const retriever of RETRIEVERS) {
  for (const method of ["goalrank", "dnn"]) {
    test(`${method} over ${retriever} ranks an added item as it ranks one whose features come with the request`, async () => {
      const before = await fileOf(method, retriever);
      const { bytes, added, updated } = updateItems(before, NEW);
      assert.equal([added, updated], [["n1", "n2"], []]);
      for (const update of NEW) {
        const { unknownCandidates, ...expected } = await answer(before, {
          user: "u1",
          candidates: [...known, described(update)],
        });
        assert.equal(unknownCandidates, [update.item]);
        const { unknownCandidates: none, ...found } = await answer(bytes, {
          user: "u1",
          candidates: [...known, update.item],
        });
        assert.equal(found, expected);
        assert.is(none, undefined);
      }
      // Of another item, nothing has changed.
      const request = { user: "u2", candidates: known };
      assert.equal(await answer(bytes, request), await answer(before, request));
      // Once more: what was added before is there, and what is learned stays what was learned.
      const again = updateItems(bytes, [{ item: "n3", features: NEW[0].features }]);
      const third = await answer(again.bytes, { candidates: [...known, "n3"] });
      const { items } = await answer(bytes, { candidates: [...known, "n1"] });
      assert.equal(
        third.items.map((item) => (item === "n3" ? "n1" : item)),
        items,
      );
    });
  }
}

test("features of an item that is there give way to the new ones, and its title", async () => {
  const before = await fileOf("goalrank");
  const cheaper: ItemUpdate = { item: "i1", title: "One", features: { price: -300 } };
  const { bytes, added, updated } = updateItems(before, [cheaper]);
  assert.equal([added, updated], [[], ["i1"]]);
  const expected = await answer(before, { candidates: [described(cheaper), ...known.slice(1)] });
  assert.equal(await answer(bytes, { candidates: known }), expected);
  assert.equal(updateItems(bytes, []).bytes, bytes);
  const ranker = await Ranker.create(bytes, { threads: 1 });
  assert.equal([ranker.titleOf("i1"), ranker.titleOf("i2"), ranker.description.itemCount], ["One", undefined, 20]);
  ranker.dispose();
});

test("a ranker without columns takes items by their names", async () => {
  const { bytes, added } = updateItems(await smallRanker(), [{ item: "new", features: {} }]);
  assert.equal(added, ["new"]);
  const { items } = await answer(bytes, { user: "u1", candidates: ["i1", "new", "i2", "i3"], unknown: "error" });
  assert.is(items.length, 4);
});

test("what is no value of its column, an item twice and a damaged file are errors", async () => {
  const bytes = await fileOf("dnn");
  const wrong = (updates: readonly ItemUpdate[]) => () => updateItems(bytes, updates);
  assert.throws(wrong([{ item: "n", features: { price: "dear" } }]), /item "n": price: expected a number, got "dear"/);
  assert.throws(wrong([{ item: "n", features: { size: 1 } }]), /item "n": size: this ranker knows no column/);
  assert.throws(wrong([NEW[0], NEW[0]]), /item "n1": it occurs twice/);
  assert.throws(
    () => updateItems(bytes.slice(0, -1), NEW),
    (error: unknown) => error instanceof RankerFileError,
  );
});

/** Runs the command -> what it printed. */
async function goalrank(...words: string[]): Promise<string> {
  const { log } = console;
  const printed: string[] = [];
  console.log = (line: string) => printed.push(line);
  try {
    await updateItemsCommand().exitOverride().parseAsync(words, { from: "user" });
  } finally {
    console.log = log;
  }
  return printed.join("\n");
}

test("the command reads a table, writes the file whole, and leaves it alone where a row is wrong", async () => {
  const run = join(folder.path, "run");
  mkdirSync(run);
  const file = join(run, "ranker.safetensors");
  const before = await fileOf("goalrank");
  writeFileSync(file, before);
  const table = (rows: string) => folder.write("new.csv", `price,item_id,genres,kind,name\n${rows}`);
  const items = table("35,n1,g0|g3,k1,The new one\n,n2,never seen,,\n10,i1,g1|g3,k1,\n");
  const problem = (words: readonly string[]) => goalrank(...words).catch((error: Error) => error);
  assert.match(String(await problem([run, "--items", items])), /--key: name the column of the items' names/);
  const wrong = table("35,n1,g0,k1,x\ncheap,n2,,,\n");
  assert.match(
    String(await problem([run, "--items", wrong, "--key", "item_id"])),
    /item "n2": price: expected a number/,
  );
  const twice = table("35,n1,g0,k1,x\n35,n1,g0,k1,x\n");
  const error = await problem([run, "--items", twice, "--key", "item_id"]);
  assert.instance(error, DataError);
  assert.match(String(error), /new\.csv:3: "n1" occurs twice in the column "item_id"/);
  assert.equal(new Uint8Array(readFileSync(file)), before);
  table("35,n1,g0|g3,k1,The new one\n,n2,never seen,,\n10,i1,g1|g3,k1,\n");
  const printed = await goalrank(run, "--items", items, "--key", "item_id", "--title", "name", "--json");
  const { added, updated, fingerprint } = JSON.parse(printed);
  assert.equal([added, updated], [2, 1]);
  const bytes = new Uint8Array(readFileSync(file));
  const ranker = await Ranker.create(bytes, { threads: 1 });
  assert.equal([ranker.description.fingerprint, ranker.titleOf("n1")], [fingerprint, "The new one"]);
  ranker.dispose();
  const expected = updateItems(before, NEW).bytes;
  const request = { candidates: [...known, "n1", "n2"] };
  assert.equal(await answer(bytes, request), await answer(expected, request));
});

test.run();
