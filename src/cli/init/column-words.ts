/** What columns are called in public data sets and in practice, by the field of an interaction that they hold. */
import type { ColumnFacts } from "./column-facts.ts";

export type NamedField = "user" | "item" | "feedback" | "timestamp" | "list" | "position";

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

/** Nouns of columns, those that can mean nothing else first. */
const NOUNS: Readonly<
  Record<NamedField, { readonly sure: ReadonlySet<string>; readonly likely: ReadonlySet<string> }>
> = {
  user: {
    sure: words(`
      user uid customer member visitor viewer listener reviewer client reader player account subscriber shopper buyer
      household consumer username cust
    `),
    likely: words("person individual student patient guest profile device cookie author session"),
  },
  item: {
    sure: words(`
      item iid product sku article movie film video track song book isbn asin game app business venue poi restaurant hotel
      prop property listing ad advert adgroup content document doc news recipe anime offer artist
    `),
    likely: words(`
      prod stock post job course photo album creative show media page question good goods place location pin entity deal
      beer title reference
    `),
  },
  feedback: {
    sure: words(`
      rating ratings stars star feedback label longview reward score click clicked clicks clk like liked overall purchase
      purchased bought order ordered reordered booking booked watchratio conversion converted watchtime
    `),
    likely: words("playcount plays listens weight count value starrating"),
  },
  timestamp: {
    sure: words("timestamp time ts unixtime datetime unixreviewtime timems eventtime"),
    likely: words("date dat day at dt created updated week"),
  },
  list: {
    sure: words("list request req impression imp slate search srch query qid serp display pageview"),
    likely: words("session page recommendation"),
  },
  position: { sure: words("position pos rank slot displayorder listposition"), likely: words("place order index") },
};

/** Words after a noun that make an id of it. */
const ID = words("id ids no num number key code uuid guid hash idx sk pk");
/** Words around a noun that change nothing in what it means. */
const FILLERS = words("is has bool flag event the my hashed parent full binary ms sec seconds unix utc t");
/** Words that make of an event's value one of many events, or of another event. */
const SUMMARIES = words("avg average mean hist history total sum predicted prediction num count price sales");

/** Lists by themselves. */
const LISTS = words("list slate request impression qid listid requestid impressionid slateid searchid queryid");

/** How surely a column's name says that it holds a field: 2 for sure, 1 for likely, 0 for not. */
export function nameFits(column: ColumnFacts, field: NamedField): 0 | 1 | 2 {
  const noun = nounOf(column, field);
  if (noun === undefined) return 0;
  const { before } = noun;
  if (!NOUNS[field].sure.has(noun.text)) return 1;
  // What is liked of something, `prop_rating`, may be an opinion that others have of it.
  if (field === "feedback" && before) return 1;
  // A query is text, and a search what was searched for, unless there is an id of it.
  return field === "list" && column.words.length === 1 && !LISTS.has(noun.text) ? 1 : 2;
}

/** Compares columns whose names fit a field: those that fit it more surely come first, then as the nouns are listed. */
export function compareNames(field: NamedField): (a: ColumnFacts, b: ColumnFacts) => number {
  const { sure, likely } = NOUNS[field];
  const order = [...sure, ...likely];
  const rank = (column: ColumnFacts) => order.indexOf(nounOf(column, field)?.text ?? "");
  return (a, b) => nameFits(b, field) - nameFits(a, field) || rank(a) - rank(b) || a.words.length - b.words.length;
}

/** The noun of a field that a name is, and whether other words stand before it. */
function nounOf(
  column: ColumnFacts,
  field: NamedField,
): { readonly text: string; readonly before: boolean } | undefined {
  const core = withoutFillers(column.words, field);
  const { sure, likely } = NOUNS[field];
  const isNoun = (text: string) => sure.has(text) || likely.has(text);
  const joined = core.join("");
  if (isNoun(joined)) return { text: joined, before: false };
  const [head, ...before] = core.toReversed();
  if (head === undefined || !isNoun(head) || before.some((word) => SUMMARIES.has(word))) return undefined;
  return { text: head, before: true };
}

/** The words of a name that mean something, without those that make an id of it where the field is one of ids. */
function withoutFillers(all: readonly string[], field: NamedField): string[] {
  const isOfIds = field === "user" || field === "item" || field === "list";
  const own = all.map((word) => (isOfIds ? nounOfId(word, field) : word));
  const kept = own.filter((word) => !FILLERS.has(word));
  while (isOfIds && kept.length > 1 && ID.has(kept[kept.length - 1])) kept.pop();
  // An id of anything is neither an opinion nor a time.
  if (!isOfIds && kept.some((word) => ID.has(word))) return [];
  return kept;
}

/** `user` of `userid` and `users`; any other word as it is. */
function nounOfId(word: string, field: NamedField): string {
  const { sure, likely } = NOUNS[field];
  const nouns = [word.replace(/id$/, ""), word.replace(/s$/, "")];
  return nouns.find((noun) => noun !== word && (sure.has(noun) || likely.has(noun))) ?? word;
}

/** What the words of an event count, from nothing to the most that a user can do. */
const EVENT_WEIGHTS: readonly (readonly [weight: number, names: ReadonlySet<string>])[] = [
  [0, words("impression impressions imp shown show skip dislike removefromcart remove hide ignore none")],
  [1, words("view views pageview pv viewitem detail detailview click clicks clk open play visit browse search")],
  [2, words("fav favorite favourite like save wishlist share bookmark follow collect comment")],
  [3, words("cart addtocart addcart basket addtobasket add booking checkout")],
  [5, words("buy purchase purchased order transaction conversion pay book booked sale checkoutcomplete")],
];

/** What an event called `word` counts; undefined for one that is unknown. */
export function weightOfEvent(word: string): number | undefined {
  const plain = word.toLowerCase().replaceAll(/[^a-z]/g, "");
  return EVENT_WEIGHTS.find(([, names]) => names.has(plain))?.[0];
}

const EVENT_NOUNS = words("event action behavior behaviour interaction activity type eventtype actiontype");

/** Whether a column's name says that it holds the kind of an event. */
export function isEventName({ words: own }: ColumnFacts): boolean {
  return own.length > 0 && EVENT_NOUNS.has(own[own.length - 1]) && own.every((word) => !ID.has(word));
}

const ATTRIBUTES = words(`
  id price cost category cat brand age gender sex year country city region store shop channel type class segment zip lat
  lon latitude longitude currency discount quantity amount group code level hour minute week month os browser platform
`);

/** Whether a name is one of what everybody knows to be no opinion. */
export function isAttributeName({ words: own }: ColumnFacts): boolean {
  return own.some((word) => ATTRIBUTES.has(word));
}
