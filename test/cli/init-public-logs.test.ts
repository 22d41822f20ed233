/** What `goalrank init` makes of logs that are written as those of well-known data sets are. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { guessLog, type LogGuess } from "../../src/cli/init/guess.ts";

const test = suite("goalrank init on public logs");
const folder = mkdtempSync(join(tmpdir(), "goalrank-public-"));
test.after(() => rmSync(folder, { recursive: true }));

/** A log as its data set writes it, and the right answer. */
interface PublicLog {
  readonly file: string;
  readonly header?: string;
  /** The row of event `n` of user `user` with item `item`. */
  readonly row: (event: { readonly n: number; readonly user: number; readonly item: number }) => string;
  readonly columns: Readonly<Record<string, string>>;
  /** Fields and settings about which there is a question, where there are any. */
  readonly asked?: readonly string[];
  readonly check?: (guess: LogGuess) => void;
}

const SECONDS = 1_600_000_000;
const iso = (n: number) => new Date(1000 * (SECONDS + 977 * n)).toISOString();
const stars = (n: number) => 1 + ((7 * n) % 5);

const LOGS: Readonly<Record<string, PublicLog>> = {
  "MovieLens-25M": {
    file: "ratings.csv",
    header: "userId,movieId,rating,timestamp",
    row: ({ n, user, item }) => `${user},${item},${stars(n)}.5,${SECONDS + n}`.replace("5.5", "5.0"),
    columns: { user: "userId", item: "movieId", feedback: "rating", timestamp: "timestamp" },
  },
  "MovieLens-100K": {
    file: "u.data",
    row: ({ n, user, item }) => `${user}\t${item}\t${stars(n)}\t${SECONDS + n}`,
    columns: { user: "1", item: "2", feedback: "3", timestamp: "4" },
  },
  "Amazon's ratings of 2014": {
    file: "ratings_Books.csv",
    row: ({ n, user, item }) => `A${1e9 + user}XYZ,00000${10000 + item},${stars(n)}.0,${SECONDS + n}`,
    columns: { user: "1", item: "2", feedback: "3", timestamp: "4" },
    asked: ["user", "item", "feedback"],
  },
  "Amazon's ratings of 2018, the item first": {
    file: "Books.csv",
    row: ({ n, user, item }) => `00000${10000 + item},A${1e9 + user}XYZ,${stars(n)}.0,${SECONDS + n}`,
    columns: { user: "2", item: "1", feedback: "3", timestamp: "4" },
    asked: ["user", "item", "feedback"],
  },
  "Amazon's reviews of 2023": {
    file: "Baby.csv",
    header: "user_id,parent_asin,rating,timestamp",
    row: ({ n, user, item }) => `AE${user},B00${item},${stars(n)}.0,${1000 * (SECONDS + n)}`,
    columns: { user: "user_id", item: "parent_asin", feedback: "rating", timestamp: "timestamp" },
  },
  "Book-Crossing": {
    file: "BX-Book-Ratings.csv",
    header: '"User-ID";"ISBN";"Book-Rating"',
    row: ({ n, user, item }) => `"${user}";"03${item}X";"${n % 2 === 0 ? 0 : 1 + (n % 10)}"`,
    columns: { user: "User-ID", item: "ISBN", feedback: "Book-Rating", timestamp: "none" },
    asked: ["timestamp", "positiveThreshold"],
  },
  "Taobao's user behaviour": {
    file: "UserBehavior.csv",
    row: ({ n, user, item }) =>
      `${user},${item},${item % 7},${["pv", "pv", "pv", "cart", "fav", "buy"][n % 6]},${SECONDS + n}`,
    columns: { user: "1", item: "2", feedback: "4", timestamp: "5" },
    asked: ["feedbackValues"],
    check: ({ feedbackValues }) => assert.equal(feedbackValues, { pv: 1, fav: 2, cart: 3, buy: 5 }),
  },
  Retailrocket: {
    file: "events.csv",
    header: "timestamp,visitorid,event,itemid,transactionid",
    row: ({ n, user, item }) =>
      `${1000 * (SECONDS + n)},${user},${["view", "view", "addtocart", "transaction"][n % 4]},${item},${n % 4 === 3 ? n : ""}`,
    columns: { user: "visitorid", item: "itemid", feedback: "event", timestamp: "timestamp" },
    asked: ["feedbackValues"],
    check: ({ threshold }) => assert.is(threshold.threshold, 3),
  },
  "REES46's shop": {
    file: "2019-Oct.csv",
    header: "event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session",
    row: ({ n, user, item }) =>
      `${iso(n).slice(0, 19).replace("T", " ")} UTC,${["view", "view", "cart", "purchase"][n % 4]},${item},${205 + (item % 3)},` +
      `appliances.kitchen,brand${item % 4},${item}.99,${user},s-${user}`,
    columns: { user: "user_id", item: "product_id", feedback: "event_type", timestamp: "event_time" },
    asked: ["feedbackValues"],
  },
  "YOOCHOOSE's clicks": {
    file: "yoochoose-clicks.dat",
    row: ({ n, user, item }) => `${user},${iso(n)},${2e8 + item},0`,
    columns: { user: "1", item: "3", feedback: "none", timestamp: "2" },
  },
  "Gowalla's check-ins": {
    file: "Gowalla_totalCheckins.txt",
    row: ({ n, user, item }) => `${user}\t${iso(n).slice(0, 19)}Z\t30.2359091167\t-97.7951395833\t${22800 + item}`,
    columns: { user: "1", item: "5", feedback: "none", timestamp: "2" },
  },
  "Last.fm of HetRec": {
    file: "user_artists.dat",
    header: "userID\tartistID\tweight",
    row: ({ n, user, item }) => `${user}\t${item}\t${13 + 7 * n}`,
    columns: { user: "userID", item: "artistID", feedback: "weight", timestamp: "none" },
    asked: ["timestamp"],
  },
  "Last.fm-1K": {
    file: "userid-timestamp-artid-artname-traid-traname.tsv",
    row: ({ n, user, item }) =>
      `user_00${user}\t${iso(n).slice(0, 19)}Z\tart-${item % 5}\tArtist ${item % 5}\ttra-${item}\tTrack ${item}`,
    columns: { user: "1", item: "4", feedback: "none", timestamp: "2" },
    asked: ["item"],
    check: ({ sizes }) => assert.is(sizes?.repeats?.value, true),
  },
  "H&M's purchases": {
    file: "transactions_train.csv",
    header: "t_dat,customer_id,article_id,price,sales_channel_id",
    row: ({ n, user, item }) => `${iso(100 * n).slice(0, 10)},c${user},0${66000 + item},0.0${item % 90},${1 + (n % 2)}`,
    columns: { user: "customer_id", item: "article_id", feedback: "none", timestamp: "t_dat" },
    asked: ["feedback"],
    check: ({ sizes }) => assert.is(sizes?.protocol.value, "retrieved"),
  },
  "dunnhumby's baskets": {
    file: "transaction_data.csv",
    header:
      "household_key,BASKET_ID,DAY,PRODUCT_ID,QUANTITY,SALES_VALUE,STORE_ID,RETAIL_DISC,TRANS_TIME,WEEK_NO,COUPON_DISC",
    row: ({ n, user, item }) =>
      `${user},${2e9 + n},${1 + (n >> 2)},${item},1,1.39,364,-0.6,${1630 + n},${1 + (n >> 4)},0`,
    columns: { user: "household_key", item: "PRODUCT_ID", feedback: "none", timestamp: "DAY" },
    asked: ["feedback"],
  },
  "UCI's online retail": {
    file: "online-retail.csv",
    header: "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country",
    row: ({ n, user, item }) =>
      `5${n},8512${item},HOLDER ${item},6,${1 + (n % 12)}/${1 + (n % 28)}/2010 8:26,2.55,${user},United Kingdom`,
    columns: { user: "CustomerID", item: "StockCode", feedback: "none", timestamp: "InvoiceDate" },
    asked: ["feedback"],
    check: ({ timestampFormat }) => assert.is(timestampFormat, "%m/%d/%Y %H:%M"),
  },
  "Expedia's searches": {
    file: "expedia.csv",
    header:
      "srch_id,date_time,site_id,visitor_location_country_id,visitor_hist_starrating,prop_country_id,prop_id,prop_starrating," +
      "prop_review_score,position,price_usd,srch_destination_id,srch_length_of_stay,click_bool,gross_bookings_usd,booking_bool,random_bool",
    row: ({ n, item }) =>
      `${n >> 3},${iso(n >> 3)
        .slice(0, 19)
        .replace("T", " ")},12,187,NULL,219,${item},${1 + (item % 5)},` +
      `${(item % 10) / 2},${1 + (n % 8)},${104 + n}.77,23246,1,${n % 5 === 0 ? 1 : 0},NULL,${n % 10 === 0 ? 1 : 0},1`,
    columns: {
      user: "none",
      item: "prop_id",
      feedback: "click_bool",
      timestamp: "date_time",
      list: "srch_id",
      position: "position",
    },
    asked: ["user", "feedback"],
    check: ({ sizes }) => {
      assert.equal([sizes?.protocol.value, sizes?.listLength.value, sizes?.split.value], ["logged", 8, "global-time"]);
    },
  },
  "Outbrain's clicks": {
    file: "clicks_train.csv",
    header: "display_id,ad_id,clicked",
    row: ({ n, item }) => `${n >> 2},${item},${n % 4 === 1 ? 1 : 0}`,
    columns: { user: "none", item: "ad_id", feedback: "clicked", timestamp: "none", list: "display_id" },
    asked: ["user", "timestamp"],
    check: ({ sizes }) => assert.equal([sizes?.protocol.value, sizes?.candidateCount.value], ["logged", 4]),
  },
  KuaiRand: {
    file: "log_standard.csv",
    header: "user_id,video_id,date,hourmin,time_ms,is_click,is_like,is_hate,long_view,play_time_ms,duration_ms,tab",
    row: ({ n, user, item }) =>
      `${user},${item},2022040${1 + (n % 8)},1200,${1000 * (SECONDS + 61 * n)},${n % 2},${n % 7 === 0 ? 1 : 0},0,${n % 3 === 0 ? 1 : 0},` +
      `${n * 97},${1000 * item},${n % 4}`,
    columns: { user: "user_id", item: "video_id", feedback: "long_view", timestamp: "time_ms" },
    asked: ["feedback"],
  },
  Goodreads: {
    file: "goodreads_interactions.csv",
    header: "user_id,book_id,is_read,rating,is_reviewed",
    row: ({ n, user, item }) => `${user},${item},1,${n % 6},0`,
    columns: { user: "user_id", item: "book_id", feedback: "rating", timestamp: "none" },
    asked: ["timestamp", "positiveThreshold"],
  },
  "RecBole's": {
    file: "ml-100k.inter",
    header: "user_id:token\titem_id:token\trating:float\ttimestamp:float",
    row: ({ n, user, item }) => `${user}\t${item}\t${stars(n)}\t${SECONDS + n}`,
    columns: { user: "user_id", item: "item_id", feedback: "rating", timestamp: "timestamp" },
    check: ({ head }) => assert.is(head.format, "recbole"),
  },
  "Steam, separated by blanks": {
    file: "steam.txt",
    row: ({ n, user, item }) => `u${user} g${item} ${stars(n)} ${SECONDS + n}`,
    columns: { user: "1", item: "2", feedback: "3", timestamp: "4" },
    asked: ["user", "item", "feedback"],
    check: ({ head }) => assert.is(head.delimiter, "whitespace"),
  },
  "a shop in Germany": {
    file: "bestellungen.csv",
    header: "Kunde_User;Artikel_SKU;Rating;Time",
    row: ({ n, user, item }) => `k${user};a${item};${stars(n)},5;${1 + (n % 28)}.${1 + (n % 12)}.2024 08:30:00`,
    columns: { user: "Kunde_User", item: "Artikel_SKU", feedback: "Rating", timestamp: "Time" },
    check: ({ decimal, timestampFormat }) => assert.equal([decimal, timestampFormat], [",", "%d.%m.%Y %H:%M:%S"]),
  },
};

for (const [name, { file, header, row, columns, asked = [], check }] of Object.entries(LOGS)) {
  test(name, async () => {
    const events = Array.from({ length: 240 }, (_, n) => ({
      n,
      user: 1 + (n % 8),
      item: 1 + ((n * 7 + (n >> 3)) % 40),
    }));
    const lines = [...(header === undefined ? [] : [header]), ...events.map(row)];
    writeFileSync(join(folder, file), `${lines.join("\n")}\n`);
    const guess = await guessLog(join(folder, file));
    assert.equal(guess.columns, columns);
    assert.equal(
      [...new Set(guess.questions.map(({ about }) => about))],
      asked,
      guess.questions.map(({ about, text }) => `${about}: ${text}`).join("\n"),
    );
    assert.ok(guess.sizes !== undefined, "the log was read with what was guessed");
    check?.(guess);
  });
}

/** Logs whose format says it all, or most of it, with what is guessed of their columns. */
const FORMATS: readonly (readonly [format: string, file: string, text: string, columns?: Record<string, string>])[] = [
  ["netflix", "combined_data_1.txt", "1:\n1488844,3,2005-09-06\n822109,5,2005-05-13\n2:\n822109,4,2005-09-05\n"],
  [
    "mind",
    "behaviors.tsv",
    "1\tU13740\t11/11/2019 9:05:58 AM\tN55189 N42782\tN55689-1 N35729-0\n2\tU13740\t11/12/2019 6:11:30 PM\tN55189\tN20678-0 N39317-1\n",
  ],
  ["lightgcn", "train.txt", "0 31 8 15\n1 8\n2 15 8\n"],
  [
    "open-bandit",
    "men.csv",
    ",timestamp,item_id,position,click,propensity_score\n0,2019-11-24 00:00:17.004101+00:00,25,1,0,0.029412\n" +
      "1,2019-11-24 00:00:23.364214+00:00,7,2,1,0.029412\n",
  ],
  [
    "amazon-2018",
    "Books_5.json",
    '{"overall": 5.0, "reviewerID": "A3N", "asin": "B00", "unixReviewTime": 1404259200}\n' +
      '{"overall": 4.0, "reviewerID": "A3S", "asin": "B00", "reviewText": "Fine.", "unixReviewTime": 1383868800}\n',
  ],
  [
    "amazon-2023",
    "Baby.jsonl",
    '{"rating": 5.0, "title": "x", "asin": "B1", "parent_asin": "B0", "user_id": "AG", "timestamp": 1588687728923}\n',
  ],
  ["letor", "fold.txt", "2 qid:1 1:0.5 3:0.1 # doc\n0 qid:1 2:1\n1 qid:2 1:0.25\n"],
  [
    "jsonl",
    "events.jsonl",
    '{"user": {"id": "ann"}, "item": {"sku": "lamp", "price": 30}, "action": "view", "at": "2026-01-31T08:30:00Z"}\n' +
      '{"user": {"id": "bob"}, "item": {"sku": "lamp", "price": 30}, "action": "purchase", "at": "2026-01-31T08:31:00Z"}\n',
    { user: "user.id", item: "item.sku", feedback: "action", timestamp: "at" },
  ],
  [
    "jsonl",
    "requests.jsonl",
    '{"user": "ann", "shown": ["lamp", "sofa"], "clicked": ["sofa"], "candidates": ["rug", "sofa", "lamp"], "at": 1769848200}\n' +
      '{"user": "bob", "shown": ["rug", "lamp"], "clicked": [], "candidates": ["rug", "sofa", "lamp"], "at": 1769848300}\n',
    { user: "user", item: "shown[]", feedback: "clicked[]", timestamp: "at", list: "line", candidates: "candidates[]" },
  ],
  [
    "jsonl",
    "objects.jsonl",
    '{"user": {"id": 7}, "request": "r1", "at": 5, "items": [{"id": "lamp", "clicked": true}, {"id": "sofa", "clicked": false}]}\n' +
      '{"user": {"id": 8}, "request": "r2", "at": 6, "items": [{"id": "rug", "clicked": false}, {"id": "sofa", "clicked": true}]}\n',
    { user: "user.id", item: "items[].id", feedback: "items[].clicked", timestamp: "at", list: "request" },
  ],
  [
    "recbole",
    "sequences.inter",
    "user_id:token\titem_id_list:token_seq\titem_id:token\n1\t7 12\t31\n1\t7 12 31\t8\n",
    { user: "user_id", item: "item_id", feedback: "none", timestamp: "none", history: "item_id_list[]" },
  ],
];

for (const [format, file, text, columns = {}] of FORMATS) {
  test(`${format}, ${file}`, async () => {
    const path = join(folder, file);
    writeFileSync(path, text);
    const guess = await guessLog(path);
    assert.is(guess.head.format, format);
    assert.equal(guess.columns, columns, guess.questions.map(({ text: own }) => own).join("\n"));
    assert.is(guess.sizes === undefined, format === "letor", guess.questions.map(({ text: own }) => own).join("\n"));
  });
}

test("a date that could be of two days is a question", async () => {
  const file = join(folder, "days.csv");
  writeFileSync(file, "user_id,item_id,rating,date\nu,i,3,02/03/2024\nu,j,4,03/03/2024\n");
  const { timestampFormat, questions } = await guessLog(file);
  assert.is(timestampFormat, "%d/%m/%Y");
  assert.match(questions[0].text, "could be %m/%d/%Y as well as %d/%m/%Y");
});

test.run();
