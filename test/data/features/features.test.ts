import { existsSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { parquetWriteFile } from "hyparquet-writer";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { DataError } from "../../../src/data/errors.ts";
import { type EntityFeatures, readFeatures } from "../../../src/data/features/features.ts";
import { TemporaryFolder } from "../logs.ts";

const folder = new TemporaryFolder();
test.after(() => folder.remove());

/** What the table says of an entity: its categories by name, with their weights. */
function categoriesOf({ categories, vocabulary }: EntityFeatures, entity: number): [string, number][] {
  if (categories === undefined) return [];
  const { slots, indices, weights } = categories;
  return Array.from({ length: slots }, (_, slot): [string, number] => {
    const at = entity * slots + slot;
    return [vocabulary[indices[at]], weights[at]];
  }).filter(([, weight]) => weight > 0);
}

async function messageOf(run: Promise<unknown>): Promise<string> {
  return run.then(
    () => "no error",
    (error: Error) => {
      assert.ok(error instanceof DataError || error instanceof RangeError, error.stack ?? "");
      return error.message.replace(folder.path, "");
    },
  );
}

const FILMS = folder.write(
  "movies.dat",
  'f3::"Quoted" film (1999)::Drama|Comedy|War\nf1::One::Comedy|Drama\nf9::Nobody saw it::Comedy\nf2::Two::\n',
);
const films = {
  file: FILMS,
  format: "movielens",
  columns: ["id", "title", "genres"],
  key: "id",
  multiple: [{ column: "genres", separator: "|" }],
} as const;

test("several categories share a weight of 1; a rare one, an unknown one and a missing row have their own", async () => {
  const features = await readFeatures(films, ["f1", "f2", "f3", "f4"]);
  assert.equal(features.vocabulary, ["(none)", "genres (unknown)", "genres (rare)", "genres=Comedy", "genres=Drama"]);
  assert.is(features.categories?.vocabularySize, 5);
  assert.is(features.categories?.slots, 3);
  assert.equal(categoriesOf(features, 0), [
    ["genres=Comedy", 0.5],
    ["genres=Drama", 0.5],
  ]);
  assert.equal(categoriesOf(features, 1), [["genres (unknown)", 1]]);
  const third = Math.fround(1 / 3);
  assert.equal(categoriesOf(features, 2), [
    ["genres=Drama", third],
    ["genres=Comedy", third],
    ["genres (rare)", third],
  ]);
  assert.equal(categoriesOf(features, 3), [["genres (unknown)", 1]]);
  assert.equal(features.counts, { rows: 4, skipped: 1, missing: 1 });
  assert.is(features.features, undefined);
});

test("titles in Latin-1 are read as such where that is said, and are an error where it is not", async () => {
  const file = folder.write("latin.csv", Buffer.from("id,name\nf1,Café Lumière\nf2,One\n", "latin1"));
  const source = { file, key: "id", title: "name" };
  const read = await readFeatures({ ...source, encoding: "latin1" }, ["f2", "f1", "f3"]);
  assert.equal(read.titles, ["One", "Café Lumière", ""]);
  assert.match(await messageOf(readFeatures(source, ["f1"])), /latin\.csv:2: name .*UTF-8; set the encoding to latin1/);
  assert.is(await messageOf(readFeatures(source, ["f2"])), "no error");
});

test("numbers are standardised over the entities that have one; no number and equal numbers are 0", async () => {
  const file = folder.write("videos.csv", "video,seconds,same\na,1,7\nb,,7\nc,3,7\nd,8,7\n");
  const source = { file, key: "video", numeric: ["seconds", "same"] };
  const { features, categories, counts } = await readFeatures(source, ["c", "b", "a", "x", "d"]);
  assert.is(categories, undefined);
  assert.is(features?.width, 2);
  const deviation = Math.sqrt((9 + 1 + 16) / 3);
  const expected = [-1, 0, -3, 0, 4].flatMap((value) => [Math.fround(value / deviation), 0]);
  assert.equal([...(features?.data ?? [])], expected);
  assert.equal(counts, { rows: 4, skipped: 0, missing: 1 });
});

test("all columns share one numbering, each in slots of its own", async () => {
  const text = "id\tcolour\ttags\tage\n1\tred\tx,y\t30\n2\tred\ty\t\n3\tblue\tx\t50\n";
  const source = {
    file: folder.write("users.tsv", text),
    format: "tsv",
    key: "id",
    numeric: ["age"],
    categorical: ["colour"],
    multiple: [{ column: "tags", separator: "," }],
    minimumCount: 1,
  } as const;
  const features = await readFeatures(source, ["1", "2", "3"]);
  assert.equal(features.vocabulary.slice(1), [
    "colour (unknown)",
    "colour (rare)",
    "colour=blue",
    "colour=red",
    "tags (unknown)",
    "tags (rare)",
    "tags=x",
    "tags=y",
  ]);
  assert.equal([...(features.categories?.indices ?? [])], [4, 7, 8, 4, 8, 0, 3, 7, 0]);
  assert.equal([...(features.categories?.weights ?? [])], [1, 0.5, 0.5, 1, 1, 0, 1, 1, 0]);
  assert.equal([...(features.features?.data ?? [])], [-1, 0, 1]);
});

test("the order of the file's rows changes nothing, and every weight sums to the number of columns", async () => {
  const row = fc.tuple(fc.nat(9), fc.nat(4), fc.array(fc.nat(6), { maxLength: 4 }));
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(row, { selector: ([id]) => id, maxLength: 10 }), async (rows) => {
      fc.pre(rows.some(([id]) => id < 8));
      const source = { key: "id", categorical: ["kind"], multiple: [{ column: "tags", separator: ";" }] };
      const write = (name: string, own: typeof rows) =>
        folder.write(
          name,
          `id,kind,tags\n${own.map(([id, kind, tags]) => `${id},${kind || ""},${tags.join(";")}\n`).join("")}`,
        );
      const ids = Array.from({ length: 8 }, (_, id) => `${id}`);
      const forwards = await readFeatures({ ...source, file: write("forwards.csv", rows) }, ids);
      const backwards = await readFeatures({ ...source, file: write("backwards.csv", rows.toReversed()) }, ids);
      assert.equal(backwards, forwards);
      for (let entity = 0; entity < ids.length; entity++) {
        const sum = categoriesOf(forwards, entity).reduce((total, [, weight]) => total + weight, 0);
        assert.ok(Math.abs(sum - 2) < 1e-6, `${sum}`);
      }
      const { indices = [], vocabularySize = 0 } = forwards.categories ?? {};
      for (const index of indices) assert.ok(index >= 0 && index < vocabularySize);
    }),
    { numRuns: 30 },
  );
});

test("a column whose numbers are all the same is 0, and so is one that differs only by rounding", async () => {
  const constant: [string, number][] = [
    ["0.1", 3],
    ["0.1", 120],
    ["14.62", 1000],
    ["19.99", 50],
    ["1e30", 7],
    ["0", 2],
  ];
  const standardised = async (values: readonly (number | string)[]) => {
    const ids = values.map((_, n) => `i${n}`);
    const file = folder.write("constant.csv", `id,price\n${ids.map((id, n) => `${id},${values[n]}\n`).join("")}`);
    return [...((await readFeatures({ file, key: "id", numeric: ["price"] }, ids)).features?.data ?? [])];
  };
  for (const [value, count] of constant) {
    const data = await standardised(new Array(count).fill(value));
    assert.ok(
      data.every((own) => own === 0),
      `${count} rows of ${value}`,
    );
  }
  assert.equal(await standardised([0.3, 0.1 + 0.2, 0.3]), [0, 0, 0]);
  // A spread that text can say is kept, however small beside the numbers.
  assert.equal(await standardised([1e9, 1e9 + 1e-5]), [-1, 1]);
});

test("any delimiter, with a header, without one by numbers, and with names that are given", async () => {
  const rows = '7 | Toy Story|3.5\n8|Heat|\n9|12" vinyl|1.5\n';
  const titles = ["Heat", "Toy Story", ""];
  const ids = ["8", "7", "x"];
  const named = folder.write("pipes.csv", `id|name|stars\n${rows.replace('"', '""').replace(/12.*vinyl/, '"$&"')}`);
  const bare = folder.write("items.tsv", rows.replaceAll("|", "\t"));
  const whole = { key: "id", title: "name", numeric: ["stars"] };
  const numbered = { key: 1, title: 2, numeric: [3] };
  for (const source of [
    { file: named, delimiter: "|", ...whole },
    { file: named, delimiter: "|", header: true, ...numbered },
    { file: bare, ...numbered },
    { file: bare, format: "tsv", columns: ["id", "name", "stars"], ...whole },
  ] as const) {
    const read = await readFeatures(source, ids);
    assert.equal(read.titles, titles, JSON.stringify(source));
    assert.equal(read.counts, { rows: 3, skipped: 1, missing: 1 });
  }
  // A quote between tabs is text, in tables as in logs.
  assert.equal((await readFeatures({ file: bare, ...numbered }, ["9"])).titles, ['12" vinyl']);
  assert.match(
    await messageOf(readFeatures({ file: bare, key: 4 }, ids)),
    /items\.tsv:1: there is no column 4; there are 3/,
  );
});

test("NULL and its like stand for nothing, and decimals may follow a comma", async () => {
  const file = folder.write("null.csv", "id;price;brand;name\na;1,5;x;NA\nb;NULL;\\N;b\nc;2,5;x;c\n");
  const read = await readFeatures(
    { file, delimiter: ";", decimal: ",", key: "id", title: "name", numeric: ["price"], categorical: ["brand"] },
    ["a", "b", "c"],
  );
  assert.equal([...(read.features?.data ?? [])], [-1, 0, 1]);
  assert.equal(
    ["a", "b", "c"].map((_, entity) => categoriesOf(read, entity)[0][0]),
    ["brand=x", "brand (unknown)", "brand=x"],
  );
  // Somebody may be called so.
  assert.equal(read.titles, ["NA", "b", "c"]);
});

test("Parquet: text, numbers, truth values and nulls, by name or number", async () => {
  const file = join(folder.path, "items.parquet");
  parquetWriteFile({
    filename: file,
    columnData: [
      { name: "id", data: [7, 8, 9], type: "INT32" },
      { name: "name", data: ["a", " b ", null], type: "STRING" },
      { name: "price", data: [1, 3, null], type: "DOUBLE" },
      { name: "new", data: [true, false, true], type: "BOOLEAN" },
    ],
  });
  const read = await readFeatures(
    { file, key: 1, title: "name", numeric: ["price"], categorical: ["new"], minimumCount: 1 },
    ["9", "8", "7"],
  );
  assert.equal(read.titles, ["", "b", "a"]);
  assert.equal([...(read.features?.data ?? [])], [0, 1, -1]);
  assert.equal(read.vocabulary.slice(3), ["new=0", "new=1"]);
  const twice = join(folder.path, "twice.parquet");
  parquetWriteFile({ filename: twice, columnData: [{ name: "id", data: ["a", "a"], type: "STRING" }] });
  assert.is(
    await messageOf(readFeatures({ file: twice, key: "id" }, ["a"])),
    '/twice.parquet: row 2: "a" occurs twice in the column "id"',
  );
  assert.match(
    await messageOf(readFeatures({ file: twice, key: "sku" }, ["a"])),
    /no column "sku"; the columns are id/,
  );
});

test("a table of which no row is of the log is an error that shows an id of each", async () => {
  const file = folder.write("others.csv", "id,price\n12.0,3\n13.0,4\n");
  assert.match(
    await messageOf(readFeatures({ file, key: "id", numeric: ["price"] }, ["12", "13"])),
    /^\/others\.csv: no row is of anything in the log: .*"id" holds ids such as "12\.0", the log such as "12"/,
  );
  const empty = folder.write("none.csv", "id,price\n");
  assert.is(await messageOf(readFeatures({ file: empty, key: "id" }, ["12"])), "/none.csv: there are no rows");
});

test("errors name the file and the line", async () => {
  const read = (text: string, own: object = {}) =>
    messageOf(readFeatures({ file: folder.write("x.csv", text), key: "id", ...own }, ["1", "2"]));
  assert.is(
    await read("id,age\n1,30\n", { numeric: ["years"] }),
    '/x.csv:1: there is no column "years"; the columns are id, age',
  );
  assert.is(await read("id,age\n1,30\n1,31\n"), '/x.csv:3: "1" occurs twice in the column "id"');
  assert.is(await read("id,age\n1,30\n2\n"), "/x.csv:3: 1 columns instead of 2");
  assert.is(await read("id,age\n1,30\n2,old\n", { numeric: ["age"] }), '/x.csv:3: age "old" is not a finite number');
  assert.is(
    await read("1,30\n", { columns: ["key", "age"] }),
    '/x.csv: there is no column "id"; the columns are key, age',
  );
  assert.is(
    await read("id,age\n1,30\n", { minimumCount: 0 }),
    "features: minimumCount must be a positive integer, got 0",
  );
});

const data = process.env.GOALRANK_DATA ?? "";
const movieLens = join(data, "ml-1m");
const testOnMovieLens = existsSync(join(movieLens, "movies.dat")) ? test : test.skip;

testOnMovieLens("MovieLens-1M has 18 genres; of its users 2 genders, 7 ages and 21 occupations", async () => {
  const ids = Array.from({ length: 3952 }, (_, n) => `${n + 1}`);
  const items = await readFeatures({ ...films, file: join(movieLens, "movies.dat") }, ids);
  assert.is(items.vocabulary.length, 1 + 2 + 18);
  assert.is(items.categories?.slots, 6);
  assert.equal(items.counts, { rows: 3883, skipped: 0, missing: 69 });
  const users = await readFeatures(
    {
      file: join(movieLens, "users.dat"),
      format: "movielens",
      columns: ["id", "gender", "age", "occupation", "zip"],
      key: "id",
      categorical: ["gender", "age", "occupation"],
    },
    ids,
  );
  assert.is(users.vocabulary.length, 1 + 3 * 2 + 2 + 7 + 21);
  assert.equal(users.counts, { rows: 6040, skipped: 6040 - 3952, missing: 0 });
});

const kuaiRand = join(data, "kuairand-pure");
const testOnKuaiRand = existsSync(join(kuaiRand, "user_features_pure.csv")) ? test : test.skip;

testOnKuaiRand("KuaiRand-Pure's side tables can be read, and every video of theirs is known", async () => {
  const videos = await readFeatures(
    {
      file: join(kuaiRand, "video_features_basic_pure.csv"),
      key: "video_id",
      numeric: ["video_duration"],
      categorical: ["video_type", "upload_type", "music_type"],
      multiple: [{ column: "tag", separator: "," }],
    },
    Array.from({ length: 7583 }, (_, n) => `${n}`),
  );
  assert.equal(videos.counts, { rows: 7583, skipped: 0, missing: 0 });
  assert.ok(videos.vocabulary.includes("music_type (unknown)"));
  const users = await readFeatures(
    {
      file: join(kuaiRand, "user_features_pure.csv"),
      key: "user_id",
      numeric: ["register_days"],
      categorical: ["user_active_degree", "onehot_feat4"],
    },
    ["0", "1", "no such user"],
  );
  assert.equal(users.counts, { rows: 27285, skipped: 27283, missing: 1 });
});

test.run();
