/**
 * What is wrong with a line of each format of public data, in one line with the place. The documents' samples say what
 * is right (test/docs/log-samples.test.ts).
 */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readInteractions } from "../../../src/data/readers/read-interactions.ts";
import type { LogFormat, ReadingOptions } from "../../../src/data/settings.ts";
import { refusal, rowsOf, TemporaryFolder } from "../logs.ts";

const folder = new TemporaryFolder();
test.after(() => folder.remove());

interface Sample extends ReadingOptions {
  readonly format: LogFormat;
  readonly text: string;
}

const read = ({ text, ...source }: Sample) => readInteractions({ ...source, file: folder.write("log", text) });
const items = async (sample: Sample) => rowsOf(await read(sample)).map(([, item]) => item);

const INTER = "user_id:token\titem_id:token\trating:float\ttimestamp:float\n";
const REVIEW = '{"reviewerID": "A", "asin": "B", "overall": 5, "unixReviewTime": 7}\n';
const REQUEST = {
  format: "jsonl",
  columns: { user: "user.id", item: "shown[].id", feedback: "clicked[]", timestamp: "at", list: "line" },
} as const;
const WHOLE = '{"user": {"id": "u"}, "shown": [{"id": "a"}, {"id": "b"}], "clicked": ["b"], "at": 5}\n';
const EXPECTED = "expected an object with user.id, shown[].id, clicked[], at, line";

const BROKEN: readonly (readonly [what: string, sample: Sample, message: string])[] = [
  [
    "RecBole",
    { format: "recbole", text: `${INTER}1\t2\tx\t4\n` },
    '2: rating "x" is not a number; expected user_id\titem_id\trating\ttimestamp',
  ],
  [
    "RecBole without feedback",
    { format: "recbole", text: "user_id:token\titem_id:token\ttimestamp:float\n1\t2\t3\n" },
    '1: there is no column "rating" for the feedback; the header has user_id, item_id, timestamp; "none" says that the ' +
      "log has none",
  ],
  [
    "RecBole's sequences",
    {
      format: "recbole",
      columns: { history: "item_id_list[]", feedback: "none", timestamp: "none" },
      text: "user_id:token\titem_id_list:token_seq\titem_id:token\n1\t7 12\t31\n1\t7\n",
    },
    "3: 2 columns instead of 3; expected user_id\titem_id",
  ],
  [
    "ReChorus",
    { format: "rechorus", text: "user_id\titem_id\ttime\n1\t\t3\n" },
    "2: item_id is empty; expected user_id\titem_id\ttime",
  ],
  [
    "LightGCN",
    { format: "lightgcn", text: "0 1\nNA 2\n" },
    '2: user "NA" stands for nothing (blanks); expected user items[]',
  ],
  [
    "Netflix before a film",
    { format: "netflix", text: "1488844,3,2005-09-06\n" },
    '1: no line such as "1:" before this one says what it is of; expected movie,user,rating,date',
  ],
  [
    "Netflix",
    { format: "netflix", text: "1:\n1488844,3,2005-09-06\n1488844,3\n" },
    "3: 3 columns instead of 4; expected movie,user,rating,date",
  ],
  [
    "MIND without clicks",
    { format: "mind", text: "1\tU1\t11/11/2019 9:05:58 AM\t\tN1 N2\n" },
    "1: impressions[].clicked is null; expected impression\tuser\ttime\thistory\timpressions",
  ],
  [
    "MIND",
    { format: "mind", text: "1\tU1\t13/31/2019 9:05:58 AM\t\tN1-0\n" },
    '1: time "13/31/2019 9:05:58 AM" is no time; times are dates that exist in the format "%m/%d/%Y %I:%M:%S %p"; ' +
      "expected impression\tuser\ttime\thistory\timpressions",
  ],
  [
    "Amazon's reviews",
    { format: "amazon-2014", text: `${REVIEW}${REVIEW.replace('"B"', "null")}` },
    "2: asin is null; expected an object with reviewerID, asin, overall, unixReviewTime",
  ],
  [
    "Open Bandit",
    { format: "open-bandit", text: "timestamp,item_id,click,propensity_score\n1,2,0,0\n" },
    '2: propensity_score "0" is no chance over 0 and at most 1; expected timestamp,item_id,click,propensity_score',
  ],
  [
    "an event without its user",
    { format: "jsonl", text: '{"item_id": 1, "rating": 1, "timestamp": 1}\n' },
    "1: user_id is null; expected an object with user_id, item_id, rating, timestamp",
  ],
  [
    "a click on what was not shown",
    { ...REQUEST, text: WHOLE.replace('["b"]', '["x"]') },
    `1: clicked[] names "x", which is none of shown[].id; ${EXPECTED}`,
  ],
  [
    "a list that is missing",
    { ...REQUEST, text: WHOLE.replace("shown", "seen") },
    `1: shown is not there; ${EXPECTED}`,
  ],
  ["a list that is none", { ...REQUEST, text: WHOLE.replace('["b"]', '"b"') }, `1: clicked is no list; ${EXPECTED}`],
  [
    "an item that is no name",
    { ...REQUEST, text: WHOLE.replace('"a"', "[]") },
    `1: shown[].id "" is neither text nor an integer; ${EXPECTED}`,
  ],
  [
    "JSON that is no object",
    { ...REQUEST, text: `${WHOLE}\n[1]\n` },
    "3: [1] is no object; expected one in every line",
  ],
];

for (const [what, sample, message] of BROKEN) {
  test(`one line says what is wrong and where: ${what}`, async () => {
    assert.is(await refusal(read(sample), folder), `log:${message}`);
  });
}

test("text that is no JSON is said to be none", async () => {
  const problem = await refusal(read({ ...REQUEST, text: `${WHOLE}{"user": \n` }), folder);
  assert.match(problem, /^log:2: this is no JSON \(.+\); expected one object in every line$/);
});

test("entries of other lists stand at the item's place, and those not shown are candidates", async () => {
  const columns = {
    user: "user",
    item: "items[]",
    feedback: "labels[i]",
    timestamp: "at",
    list: "request",
    position: "ranks[i]",
    propensity: "chances[i]",
    candidates: "all[].id",
  };
  const record = {
    user: 7,
    at: 5,
    request: "r",
    items: ["a", "b"],
    labels: [true, 0.5],
    ranks: [2, 1],
    chances: [0.1, 0.2],
    all: [{ id: "c" }, { id: "b" }, { id: "a" }],
  };
  const log = await read({ format: "jsonl", columns, text: JSON.stringify(record) });
  assert.equal(rowsOf(log), [
    ["7", "b", 0.5, 5],
    ["7", "a", 1, 5],
    ["7", "c", 0, 5],
  ]);
  assert.equal([...(log.positions ?? [])], [0, 1, -1]);
  assert.equal([...(log.propensities ?? [])], [0.2, 0.1, Number.NaN]);
});

test("several lists of reactions are one feedback, each with its weight", async () => {
  const feedback = [
    { column: "clicked[]", weight: 1 },
    { column: "bought[]", weight: 5 },
  ];
  const record = { user: "u", shown: [1, 2, 3], clicked: [1, 2], bought: ["2"], at: 0 };
  const columns = { user: "user", item: "shown[]", feedback, timestamp: "at" };
  const log = await read({ format: "jsonl", columns, text: JSON.stringify(record) });
  assert.equal([...log.feedback], [1, 6, 0]);
});

test("a request without items is no interaction, and lines without a name are lists of their own", async () => {
  const columns = { user: "user", item: "shown[]", feedback: "none", timestamp: "none", list: "line" };
  const text = '{"user": "u", "shown": []}\n{"user": "u", "shown": ["a", "b"]}\n{"user": "u", "shown": ["a"]}\n';
  const log = await read({ format: "jsonl", columns, text });
  assert.equal([...(log.listNumbers ?? [])], [0, 0, 1]);
});

test("keys with dots in them are found as they are", async () => {
  const columns = { user: "user.id", item: "item", feedback: "none", timestamp: "none" };
  const log = await read({ format: "jsonl", columns, text: '{"user.id": "u", "item": "a"}\n' });
  assert.equal(log.userIds, ["u"]);
});

test("of what users had liked before, their first line counts, before everything else", async () => {
  const text =
    "1\tU1\t11/11/2019 9:05:58 AM\tN1 N2\tN3-1\n2\tU2\t11/10/2019 9:05:58 AM\t\tN1-0\n3\tU1\t11/09/2019 9:05:58 PM\tN9\tN4-0\n";
  assert.equal(await items({ format: "mind", text }), ["N1", "N2", "N4", "N3", "N1"]);
});

for (const [columns, message] of [
  [{ item: "a[].b[]" }, '"a[].b[]" goes through several lists; one is the most'],
  [{ item: "a..b" }, '"a..b" has nothing before or after a dot; expected a path such as user.id'],
  [
    { item: "a[]", timestamp: "b[].at" },
    '"b[].at" goes through another list than the items of "a[]"; write [i] for the entry at the place of the item',
  ],
  [{ candidates: "a" }, '"a" goes through no list; expected candidates such as candidates[] or candidates[].id'],
  [{ item: 3 }, "the fields of jsonl have names, and no numbers; got 3"],
] as const) {
  test(`paths that make no sense are refused: ${message}`, async () => {
    const error = await read({ format: "jsonl", columns, text: "{}\n" }).catch((reason: unknown) => reason);
    assert.is(String(error), `RangeError: columns: ${message}`);
  });
}

test("integers of JSON that no number holds are ids to the digit, wherever they stand", async () => {
  const ids = ["12345678901234567890", "-9007199254740993", "9007199254740991", "00000000000000001"];
  const [large, negative, safe, text] = ids;
  const line = `{"user": {"id": ${large}}, "shown": [{"id": ${negative}}, {"id":${safe}}, {"id": "${text}"}], `;
  const log = await read({ ...REQUEST, text: `${line}"clicked": [${negative}], "at": 0.1234567890123456}\n` });
  assert.equal(log.userIds, [large]);
  assert.equal(
    rowsOf(log).map(([, item, feedback]) => [item, feedback]),
    [
      [negative, 1],
      [safe, 0],
      [text, 0],
    ],
  );
  assert.is(log.timestamps[0], 0.1234567890123456);
  const broken = { ...REQUEST, text: WHOLE.replace('"u"', `0${large}`) };
  assert.match(await refusal(read(broken), folder), "log:1: this is no JSON");
});

test("lists are refused where lines hold none", async () => {
  const reading = read({ format: "csv", columns: { history: "past[]" }, text: "a\n" });
  const error = await reading.catch((reason: unknown) => reason);
  assert.is(
    String(error),
    'RangeError: columns: "past[]" is a list, and lines of csv hold none; the format jsonl does',
  );
});

test.run();
