import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { buildListDataset } from "../../../src/data/candidates.ts";
import { selectRows } from "../../../src/data/dataset.ts";
import { DataError } from "../../../src/data/errors.ts";
import { readCatalogue, readFeatures } from "../../../src/data/features/features.ts";
import { differencesOf, fingerprintSource, isSameSource, type Json } from "../../../src/data/prepared/fingerprint.ts";
import {
  openPreparedDataset,
  type PreparedContent,
  readPreparedDataset,
  writePreparedDataset,
} from "../../../src/data/prepared/prepared-dataset.ts";
import { learnRetriever } from "../../../src/data/retrievers/learn.ts";
import { PopularityRetriever } from "../../../src/data/retrievers/popularity.ts";
import { RETRIEVERS } from "../../../src/data/retrievers/retriever.ts";
import { decodeSafetensors, encodeSafetensors } from "../../../src/nn/index.ts";
import { trimmedRows } from "../../mixed-lists.ts";
import { cutFile, TemporaryFolder } from "../logs.ts";

const folder = new TemporaryFolder();
test.after(() => folder.remove());

const LOG = folder.write(
  "log.csv",
  `user_id,item_id,rating,timestamp\n${Array.from({ length: 600 }, (_, n) => {
    return `u${n % 12},i${(n * 7 + Math.floor(n / 12)) % 97},${1 + (n % 5)},${n}\n`;
  }).join("")}`,
);
const FILMS = folder.write(
  "films.csv",
  `id,genres,year,title\n${Array.from({ length: 90 }, (_, n) => `i${n},g${n % 3}|g${n % 4},${1950 + n},Film ${n}\n`).join("")}`,
);

/** A dataset with features of items, categories of items, and nothing of users. */
async function content(split: "last-list" | "global-time" = "last-list"): Promise<PreparedContent> {
  const options = { core: 1, split, listLength: 4 };
  const { log, counts, ...lists } = await cutFile({ format: "csv", file: LOG }, options);
  const films = await readFeatures(
    { file: FILMS, key: "id", title: "title", numeric: ["year"], multiple: [{ column: "genres", separator: "|" }] },
    log.itemIds,
  );
  const build = (name: "training" | "validation" | "test") =>
    buildListDataset(log, lists[name], (_, out) => out.fill(0.5), {
      seed: 1,
      candidateCount: 9,
      historyLength: 5,
      protocol: name === "test" ? "retrieved" : "injected",
    });
  return {
    catalogue: {
      ...(await readCatalogue(log)),
      ...(films.features && { itemFeatures: films.features }),
      ...(films.categories && { itemCategories: films.categories }),
      ...(films.titles && { itemTitles: films.titles }),
    },
    retriever: PopularityRetriever.learn(log),
    training: build("training"),
    validation: build("validation"),
    test: build("test"),
    counts,
    protocols: { split, candidates: { training: "injected", validation: "injected", test: "retrieved" } },
    source: await fingerprintSource([LOG, FILMS], { ...options, seed: 1 }),
  };
}

const path = (name: string) => join(folder.path, name);

async function messageOf(run: Promise<unknown>): Promise<string> {
  return run.then(
    () => "no error",
    (error: Error) => {
      assert.ok(error instanceof DataError || error instanceof RangeError, error.stack ?? "");
      return error.message.replace(`${folder.path}/`, "");
    },
  );
}

test("what is written is read again, bit for bit", async () => {
  const file = path("whole.goalrank");
  const written = await content("global-time");
  await writePreparedDataset(file, written);
  const data = await openPreparedDataset(file);
  assert.equal(data.catalogue, written.catalogue);
  assert.equal(data.counts, written.counts);
  assert.equal(data.protocols, written.protocols);
  assert.equal(data.source, written.source);
  for (const split of ["training", "validation", "test"] as const) {
    assert.equal(await data.read(split), written[split]);
    assert.is(data.splits[split].size, written[split].size);
  }
  assert.ok(written.training.size > 20 && written.test.size > 5);
  await data.close();
  assert.equal(
    readdirSync(folder.path).filter((name) => name.includes("partial")),
    [],
  );
});

test("rows of different size, and labels of all candidates, are kept with their numbers", async () => {
  const file = path("mixed.goalrank");
  const written = await content();
  const training = {
    ...trimmedRows(written.training, [
      [9, 4],
      [5, 3],
    ]),
    labels: new Float32Array(written.training.candidates.length).fill(0.5),
  };
  await writePreparedDataset(file, { ...written, training });
  const data = await openPreparedDataset(file);
  assert.equal(await data.read("training"), training);
  assert.equal(await data.read("training", 1, 3), selectRows(training, [1, 2, 3]));
  assert.equal(await data.read("test"), written.test);
  await data.close();
});

test("any rows can be read by themselves", async () => {
  const file = path("rows.goalrank");
  const { training } = await content();
  await writePreparedDataset(file, { ...(await content()), training });
  const data = await openPreparedDataset(file);
  for (const [first, count] of [
    [0, 1],
    [3, 7],
    [training.size - 2, 2],
    [training.size, 0],
    [5, 0],
  ]) {
    const rows = Array.from({ length: count }, (_, row) => first + row);
    assert.equal(await data.read("training", first, count), selectRows(training, rows));
  }
  assert.is((await data.read("training", 10)).size, training.size - 10);
  for (const [first, count] of [
    [0, training.size + 1],
    [-1, 2],
    [0.5, 1],
    [training.size + 1, -1],
  ]) {
    assert.match(await messageOf(data.read("training", first, count)), /were asked for; training has \d+ rows/);
  }
  await data.close();
});

test("every retriever scores as it did before it was written", async () => {
  const written = await content();
  const { log } = await cutFile({ format: "csv", file: LOG }, { core: 1, listLength: 4 });
  for (const retriever of RETRIEVERS) {
    const learned = await learnRetriever(log, { retriever, seed: 1, positiveThreshold: 4 });
    await writePreparedDataset(path("retriever.goalrank"), { ...written, retriever: learned });
    const data = await openPreparedDataset(path("retriever.goalrank"));
    assert.is(data.retriever?.name, retriever);
    const history = [
      { item: 3, liked: true },
      { item: 5, liked: false },
    ];
    for (const query of [
      { user: 2, history: [] },
      { user: undefined, history },
    ]) {
      const [before, after] = [learned.scoresFor(query), data.retriever?.scoresFor(query)];
      for (let item = 0; item < log.itemIds.length; item++) assert.is(after?.(item), before(item));
    }
    await data.close();
  }
});

test("a split without lists is kept as such", async () => {
  const file = path("empty.goalrank");
  const written = await content();
  const none = { ...written, validation: selectRows(written.validation, []) };
  await writePreparedDataset(file, none);
  const data = await openPreparedDataset(file);
  assert.equal(await data.read("validation"), none.validation);
  await data.close();
});

test("the same content gives the same bytes, which are a valid safetensors file", async () => {
  await writePreparedDataset(path("one.goalrank"), await content());
  await writePreparedDataset(path("two.goalrank"), await content());
  const bytes = readFileSync(path("one.goalrank"));
  assert.ok(bytes.equals(readFileSync(path("two.goalrank"))));
  const { tensors, metadata } = decodeSafetensors(bytes);
  assert.equal(encodeSafetensors(tensors, metadata), new Uint8Array(bytes));
  assert.equal(tensors.get("training.candidates")?.data, (await content()).training.candidates);
  assert.is(JSON.parse(metadata.goalrank).version, 3);
});

test("a file that was cut short anywhere is refused", async () => {
  await writePreparedDataset(path("long.goalrank"), await content());
  const bytes = readFileSync(path("long.goalrank"));
  for (const length of [0, 7, 8, 500, bytes.length - 5000, bytes.length - 1]) {
    const file = folder.write("short.goalrank", bytes.subarray(0, length));
    assert.match(
      await messageOf(openPreparedDataset(file)),
      /^short\.goalrank: it is no prepared dataset, or was cut short \(.*\); prepare the data again$/,
    );
  }
});

test("a byte that changed is noticed: in the header and the features on opening, elsewhere on reading", async () => {
  await writePreparedDataset(path("good.goalrank"), await content());
  const bytes = readFileSync(path("good.goalrank"));
  const changed = (place: number) => {
    const copy = Uint8Array.from(bytes);
    copy[place] ^= 1;
    return folder.write("changed.goalrank", copy);
  };
  const readAll = async (file: string) => {
    const data = await openPreparedDataset(file);
    try {
      for (const split of ["training", "validation", "test"] as const) await data.read(split);
    } finally {
      await data.close();
    }
  };
  for (let place = 0; place < bytes.length; place += 97) {
    const message = await messageOf(readAll(changed(place)));
    assert.match(message, /^changed\.goalrank: .*prepare the data again$/, `byte ${place}: ${message}`);
  }
  assert.match(
    await messageOf(readAll(changed(bytes.length - 1))),
    /the tensor user\.ids does not have the checksum that the header gives/,
  );
});

test("files of another version, of another kind, and files that are missing, are errors that say so", async () => {
  await writePreparedDataset(path("known.goalrank"), await content());
  const { tensors, metadata } = decodeSafetensors(readFileSync(path("known.goalrank")));
  const withMetadata = async (changes: object) => {
    const text = JSON.stringify({ ...JSON.parse(metadata.goalrank), ...changes });
    const { createHash } = await import("node:crypto");
    const goalrank_sha256 = createHash("sha256").update(text).digest("hex");
    writeFileSync(path("x.goalrank"), encodeSafetensors(tensors, { goalrank: text, goalrank_sha256 }));
    return messageOf(openPreparedDataset(path("x.goalrank")));
  };
  assert.is(
    await withMetadata({ version: 1 }),
    "x.goalrank: it is a prepared dataset of version 1; this program reads version 3; prepare the data again",
  );
  assert.is(await withMetadata({ kind: "weights" }), "x.goalrank: it is no prepared dataset; prepare the data again");
  writeFileSync(path("x.goalrank"), encodeSafetensors(tensors));
  assert.match(await messageOf(openPreparedDataset(path("x.goalrank"))), /there is no metadata entry "goalrank"/);
  const withTensors = (changed: typeof tensors) => {
    writeFileSync(path("x.goalrank"), encodeSafetensors(changed, metadata));
    return messageOf(openPreparedDataset(path("x.goalrank")));
  };
  for (const missing of ["test.history", "item.features"]) {
    const rest = new Map([...tensors].filter(([name]) => name !== missing));
    assert.is(await withTensors(rest), `x.goalrank: there is no tensor ${missing}; prepare the data again`);
  }
  const extra = { dtype: "I32", shape: [1], data: Int32Array.of(1) } as const;
  assert.is(
    await withTensors(new Map([...tensors, ["user.features", extra]])),
    "x.goalrank: there is an unknown tensor user.features; prepare the data again",
  );
  const users = tensors.get("test.users");
  assert.match(
    await withTensors(new Map([...tensors, ["test.users", { ...extra, ...users, shape: [1, users?.shape[0] ?? 0] }]])),
    /the tensor test\.users is I32 \[1,\d+\]; expected I32 \[\d+\]/,
  );
  assert.match(
    await messageOf(openPreparedDataset(path("nothing.goalrank"))),
    /^nothing\.goalrank: the prepared dataset cannot be opened: ENOENT/,
  );
});

test("a write that fails leaves the old file, and nothing besides", async () => {
  const file = path("kept.goalrank");
  await writePreparedDataset(file, await content());
  const before = readFileSync(file);
  const broken = await content();
  const wrong = { ...broken, test: { ...broken.test, users: broken.test.users.subarray(1) } };
  const failed = await writePreparedDataset(file, wrong).then(
    () => false,
    () => true,
  );
  assert.ok(failed);
  assert.ok(before.equals(readFileSync(file)));
  assert.equal(
    readdirSync(folder.path).filter((name) => name.includes("partial")),
    [],
  );
});

test("data is of a source while its files and options are the same, whatever the files are called", async () => {
  const file = path("reused.goalrank");
  const written = await content();
  await writePreparedDataset(file, written);
  const { source, counts } = await readPreparedDataset(file);
  assert.equal(counts, written.counts);
  const { options } = written.source;
  const isOf = async (files: readonly string[], own = options) =>
    isSameSource(source, await fingerprintSource(files, own));
  assert.ok(await isOf([LOG, FILMS]));
  assert.ok(await isOf([folder.write("renamed.csv", readFileSync(LOG)), FILMS]));
  assert.not.ok(await isOf([LOG, FILMS], { core: 2 }));
  assert.not.ok(await isOf([FILMS, LOG]));
  assert.not.ok(await isOf([folder.write("other.csv", "changed"), FILMS]));
  writeFileSync(file, "not a dataset at all");
  assert.match(await messageOf(readPreparedDataset(file)), /it is no prepared dataset/);
  assert.match(
    await messageOf(fingerprintSource(["/nowhere/x.csv"], {})),
    /^\/nowhere\/x\.csv: there is no such file$/,
  );
});

test("a fingerprint is the number of bytes and their SHA-256", async () => {
  const file = folder.write("abc.txt", "abc");
  assert.equal(await fingerprintSource([file], { a: 1 }), {
    files: [{ name: "abc.txt", bytes: 3, sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" }],
    options: { a: 1 },
  });
});

test("what makes data another is said by the names of the options", () => {
  const file = (sha256: string) => ({ name: "log.csv", bytes: 1, sha256 });
  const of = (protocol: string, more: Json = {}, sha256 = "a") => ({
    files: [file(sha256)],
    options: { source: { format: "csv" }, options: { protocol, core: 5, ...Object(more) } },
  });
  assert.equal(differencesOf(of("injected"), of("injected")), []);
  assert.equal(differencesOf(of("injected"), of("retrieved", { repeats: true })), [
    'protocol was "injected" and is "retrieved"',
    "repeats was not set and is true",
  ]);
  assert.equal(
    differencesOf(of("injected", { itemFeatures: { key: "id" } }), of("injected", { itemFeatures: { key: "i" } })),
    ['itemFeatures.key was "id" and is "i"'],
  );
  assert.equal(differencesOf(of("injected"), of("injected", {}, "b")), ["the files hold something else"]);
});

test.run();
