/** Which columns of a log hold what: by their names first, then by what is in them. */
import { timeOfText } from "../../data/readers/dates.ts";
import type { Head } from "../../data/readers/head.ts";
import { isNumber } from "../../data/readers/numbers.ts";

export const FIELDS = ["user", "item", "feedback", "timestamp", "list", "position"] as const;
export type Field = (typeof FIELDS)[number];

export type GuessedColumns = Readonly<Partial<Record<Field, string>>>;

const words = (text: string) => text.trim().split(/\s+/);

/** What columns are called in public data sets and in practice, without case and punctuation; the surest first. */
const NAMES: Readonly<Record<Field, readonly string[]>> = {
  user: words(`
    userid uid user customerid customer memberid member visitorid visitor reviewerid reviewer accountid
    account clientid client readerid deviceid playerid sessionid session
  `),
  item: words(`
    itemid iid item productid product sku asin parentasin movieid movie filmid film videoid video
    articleid article newsid trackid track songid song artistid artist bookid book isbn gameid
    businessid poiid adid contentid documentid docid recipeid hotelid listingid offerid postid
  `),
  feedback: words(`
    rating ratings stars star feedback label longview reward score isclick click clicked islike liked
    like purchase purchased order ordered overall watchratio conversion playcount plays count weight
    value
  `),
  timestamp: words(`
    timestamp time ts unixtime unixreviewtime timems eventtime datetime date createdat reviewtime
    ratedat at day
  `),
  list: words(`
    listid list requestid request impressionid impression slateid slate searchid queryid pageid
  `),
  position: words("position pos rank place slot listposition displayorder"),
};

/** Fields whose columns hold numbers. */
const NUMERIC: readonly Field[] = ["feedback", "timestamp"];

/** Words that tell a field also within a longer name, such as `steam_user_no`. */
const WITHIN: Readonly<Partial<Record<Field, readonly string[]>>> = {
  user: ["user", "customer", "visitor", "reviewer"],
  item: ["item", "product", "movie", "video", "article"],
  feedback: ["rating", "stars", "feedback", "score", "click"],
  timestamp: ["timestamp", "time"],
};

export function guessColumns(head: Head): GuessedColumns {
  const guessed: Partial<Record<Field, string>> = {};
  const free = () => head.columns.filter((column) => !Object.values(guessed).includes(column));
  const guess = (field: Field, find: (columns: readonly string[]) => string | undefined) => {
    if (guessed[field] !== undefined) return;
    const column = find(free());
    if (column !== undefined) guessed[field] = column;
  };
  const numbers = (columns: readonly string[]) => columns.filter((column) => valuesOf(head, column).every(isNumber));
  for (const field of FIELDS) {
    if (NUMERIC.includes(field)) guess(field, (columns) => findByName(field, numbers(columns)));
    guess(field, (columns) => findByName(field, columns));
  }
  guess("timestamp", (columns) => columns.find((column) => looksLikeTime(valuesOf(head, column))));
  guess("feedback", (columns) => columns.find((column) => looksLikeFeedback(valuesOf(head, column))));
  guess("user", ([first]) => first);
  guess("item", ([first]) => first);
  if (guessed.list === undefined) delete guessed.position;
  return guessed;
}

/** Columns besides the guessed ones that could be feedback. */
export function otherFeedback(head: Head, guessed: GuessedColumns): string[] {
  const taken = Object.values(guessed);
  return head.columns.filter((column) => !taken.includes(column) && looksLikeFeedback(valuesOf(head, column)));
}

/** What of a guess cannot be read: fields without a column, and columns of numbers that hold something else. */
export function doubtsOf(head: Head, guessed: GuessedColumns): string[] {
  return (["user", "item", "feedback", "timestamp"] as const).flatMap((field) => {
    const column = guessed[field];
    if (column === undefined) {
      return [`no column for the ${field} was found; the columns are ${head.columns.join(", ")}`];
    }
    const other = valuesOf(head, column).find((value) => FIT[field]?.isFit(value) === false);
    if (other === undefined) return [];
    return [`the column ${column} for the ${field} holds "${other}", ${FIT[field]?.advice}`];
  });
}

/** What the columns of numbers may hold, and what is said of anything else. */
const FIT: Readonly<Partial<Record<Field, { isFit(value: string): boolean; advice: string }>>> = {
  feedback: { isFit: isNumber, advice: "which is not a number: write feedback as numbers" },
  timestamp: {
    isFit: (value) => Number.isFinite(timeOfText(value)),
    advice: "which is no time: write seconds since 1970, or dates such as 2026-01-31T08:30:00Z",
  },
};

export function valuesOf(head: Head, column: string): string[] {
  const place = head.columns.indexOf(column);
  return head.rows.map((row) => row[place] ?? "");
}

function findByName(field: Field, columns: readonly string[]): string | undefined {
  const plain = columns.map((column) => column.toLowerCase().replaceAll(/[^a-z0-9]/g, ""));
  const exact = NAMES[field].find((name) => plain.includes(name));
  if (exact !== undefined) return columns[plain.indexOf(exact)];
  const within = WITHIN[field]?.find((word) => plain.some((column) => column.includes(word)));
  return within === undefined ? undefined : columns[plain.findIndex((column) => column.includes(within))];
}

/** Dates; or seconds, milliseconds or finer since 1970, from 1973 on. */
function looksLikeTime(values: readonly string[]): boolean {
  return values.length > 0 && values.every((value) => timeOfText(value) >= 1e8);
}

const FEW = 20;

/** Numbers with few different values, more than one. */
function looksLikeFeedback(values: readonly string[]): boolean {
  const distinct = new Set(values);
  return values.every(isNumber) && distinct.size > 1 && distinct.size <= FEW;
}
