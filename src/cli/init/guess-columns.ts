/** Which columns of a log hold what: by their names first, then by what is in them, and what is doubtful about it. */
import { type ColumnFacts, isAttributeOf, isNameless } from "./column-facts.ts";
import {
  compareNames,
  isAttributeName,
  isEventName,
  type NamedField,
  nameFits,
  weightOfEvent,
} from "./column-words.ts";
import { readingOfTimes, type TimeReading } from "./guess-times.ts";

export const FIELDS = ["user", "item", "feedback", "timestamp", "list", "position", "candidates", "history"] as const;
export type Field = (typeof FIELDS)[number];

/** Something that only whoever knows the log can answer, beside the setting that it is about. */
export interface Question {
  /** What is to be corrected: a field, or a key of `data`. */
  readonly about: Field | "positiveThreshold" | "timestampFormat" | "feedbackValues" | "format";
  readonly text: string;
}

/** The columns of a log. A field that the log lacks is "none", one that could not be found undefined. */
export interface GuessedColumns {
  readonly columns: Readonly<Partial<Record<Field, string>>>;
  readonly timestampFormat: string | undefined;
  /** What each word of the feedback counts, where it is words. */
  readonly feedbackValues: Readonly<Record<string, number>> | undefined;
  readonly questions: readonly Question[];
}

/** What stands for a field that the log lacks. */
export const NONE = "none";

/** Words of events are few, those of a catalogue many. */
const MOST_EVENTS = 30;
/** A scale of opinions has so few values. */
const MOST_GRADES = 20;

/** @param isHeadless whether columns have numbers for names */
export function guessColumns(facts: readonly ColumnFacts[], isHeadless: boolean): GuessedColumns {
  return new Guesser(facts, isHeadless).guess();
}

class Guesser {
  private readonly chosen = new Map<Field, ColumnFacts>();
  private readonly lacking = new Set<Field>();
  private readonly questions: Question[] = [];
  private readonly times: ReadonlyMap<ColumnFacts, TimeReading>;
  private feedbackValues: Record<string, number> | undefined;

  constructor(
    private readonly facts: readonly ColumnFacts[],
    private readonly isHeadless: boolean,
  ) {
    this.times = new Map(
      facts.flatMap((column) => {
        const reading = readingOfTimes(column);
        return reading === undefined ? [] : [[column, reading]];
      }),
    );
  }

  guess(): GuessedColumns {
    this.chooseTimestamp();
    this.chooseByName("item");
    this.chooseByName("user");
    this.chooseList();
    this.chooseByContent();
    this.chooseFeedback();
    this.settleUser();
    const timestamp = this.chosen.get("timestamp");
    const reading = timestamp && this.times.get(timestamp);
    const columns: Partial<Record<Field, string>> = {};
    for (const field of FIELDS) {
      const name = this.lacking.has(field) ? NONE : this.chosen.get(field)?.name;
      if (name !== undefined) columns[field] = name;
    }
    return {
      columns,
      timestampFormat: reading?.format,
      feedbackValues: this.feedbackValues,
      questions: this.questions.toSorted((a, b) => orderOf(a) - orderOf(b)),
    };
  }

  private get free(): ColumnFacts[] {
    const taken = new Set(this.chosen.values());
    return this.facts.filter((column) => !taken.has(column));
  }

  private ask(about: Question["about"], text: string): void {
    this.questions.push({ about, text });
  }

  /** The finest of the columns that are times, those first whose name says so. */
  private chooseTimestamp(): void {
    const rank = (column: ColumnFacts) => {
      const fit = isClock(column) ? 0 : nameFits(column, "timestamp");
      return (this.times.get(column)?.isSure === true ? 10 : 0) + fit;
    };
    const candidates = this.free.filter((column) => {
      const reading = this.times.get(column);
      const fit = nameFits(column, "timestamp");
      // A number under any other name is a price, or an id.
      return reading !== undefined && (fit > 0 || (reading.isSure && (!column.isNumeric || this.isVague(column))));
    });
    const [best, ...others] = candidates.toSorted((a, b) => rank(b) - rank(a) || b.distinct.size - a.distinct.size);
    if (best === undefined) {
      const named = this.free.find((column) => nameFits(column, "timestamp") === 2 && column.distinct.size > 0);
      if (named !== undefined) {
        this.chosen.set("timestamp", named);
        this.ask(
          "timestampFormat",
          `the times in ${named.name}, such as "${[...named.distinct][0]}", have no form that is known: describe it, as ` +
            "%d/%m/%Y %H:%M:%S",
        );
        return;
      }
      this.lacking.add("timestamp");
      this.ask("timestamp", "no column says when: the order of the rows stands for it; name one if it is there");
      return;
    }
    this.chosen.set("timestamp", best);
    const equals = others.filter((column) => rank(column) === rank(best) && column.distinct.size >= best.distinct.size);
    this.askOfOthers("timestamp", best, equals);
    const { format, otherFormat } = this.times.get(best) ?? {};
    if (format !== undefined && otherFormat !== undefined) {
      this.ask("timestampFormat", `the times in ${best.name} could be ${otherFormat} as well as ${format}`);
    }
  }

  /** The column whose name says most surely that it holds a field. */
  private chooseByName(field: "item" | "user"): void {
    const fits = (column: ColumnFacts) => nameFits(column, field);
    const ids = this.free.filter((column) => fits(column) > 0 && column.distinct.size > 0 && !hasFractions(column));
    const [best, ...others] = ids.toSorted(compareNames(field));
    if (best === undefined) return;
    this.chosen.set(field, best);
    this.askOfOthers(
      field,
      best,
      others.filter((column) => fits(column) === fits(best) && column.distinct.size > 1),
    );
  }

  private chooseList(): void {
    const isList = (column: ColumnFacts) =>
      nameFits(column, "list") > 0 && column.distinct.size > 0 && !isSwitch(column) && hasCompany(column);
    const [position] = this.free.filter((column) => nameFits(column, "position") === 2 && column.isNumeric);
    const needed = position === undefined ? 2 : 1;
    const lists = this.free.filter((column) => isList(column) && nameFits(column, "list") >= needed);
    const [best, ...others] = lists.toSorted(compareNames("list"));
    if (best === undefined) return;
    this.chosen.set("list", best);
    if (position !== undefined) this.chosen.set("position", position);
    this.askOfOthers("list", best, others);
    if (nameFits(best, "list") === 1) {
      this.ask("list", `is all that has one ${best.name} one list that was shown? If not, leave list and position out`);
    }
  }

  /** What no name tells: the first columns of ids, as most logs have them. */
  private chooseByContent(): void {
    for (const field of ["user", "item"] as const) {
      if (this.chosen.has(field) || (field === "user" && this.chosen.has("list"))) continue;
      const ids = this.free.filter((column) => this.couldBeId(column));
      const [best, ...others] = ids;
      if (best === undefined) {
        this.ask(field, `no column for the ${field} was found; the columns are ${this.names(this.facts)}`);
        continue;
      }
      this.chosen.set(field, best);
      const also = others.length === 0 ? "" : `, or is it ${this.names(others)}?`;
      this.ask(field, `no name says which column is the ${field}: ${this.said(best)} is taken${also}`);
    }
    this.tellAmazon();
  }

  /** In Amazon's ratings of 2018 the item comes first: its ids are known. */
  private tellAmazon(): void {
    const { user, item } = Object.fromEntries(this.chosen) as Partial<Record<Field, ColumnFacts>>;
    if (!this.isHeadless || user === undefined || item === undefined) return;
    const isAsin = (column: ColumnFacts) => [...column.distinct].every((id) => /^(B[0-9A-Z]{9}|\d{9}[\dX])$/.test(id));
    if (!isAsin(user) || isAsin(item)) return;
    this.chosen.set("user", item);
    this.chosen.set("item", user);
  }

  private couldBeId(column: ColumnFacts): boolean {
    const isId = column.distinct.size > 1 && !hasFractions(column) && !this.times.get(column)?.isSure;
    if (this.isVague(column)) return isId;
    return (
      isId &&
      !isAttributeName(column) &&
      !isEventName(column) &&
      FEEDBACK_OR_TIME.every((own) => nameFits(column, own) === 0)
    );
  }

  private chooseFeedback(): void {
    const item = this.chosen.get("item");
    if (this.chooseEvents()) return;
    const isOpinion = (column: ColumnFacts) =>
      column.isMeasure && !isAttributeOf(column, item) && column.distinct.size > 0;
    const fits = (column: ColumnFacts) => nameFits(column, "feedback");
    const named = this.free.filter((column) => fits(column) > 0 && isOpinion(column));
    const [best, ...others] = named.toSorted(compareNames("feedback"));
    const graded = this.free.filter((column) => isOpinion(column) && isGraded(column));
    if (best !== undefined) {
      this.chosen.set("feedback", best);
      const also = others.filter((column) => fits(column) === fits(best));
      const more = graded.filter((column) => column !== best && !also.includes(column) && isSwitch(column));
      this.askOfOthers("feedback", best, [...also, ...more], "; several are weighed as docs/data.md shows");
      return;
    }
    const text = this.free.find((column) => fits(column) === 2 && column.distinct.size > 0 && !column.isMeasure);
    if (text !== undefined) {
      const example = [...text.distinct].find((value) => !Number.isFinite(Number(value)));
      this.chosen.set("feedback", text);
      this.ask(
        "feedback",
        `the column ${text.name} holds "${example}", which is not a number: say what it counts in feedbackValues`,
      );
      return;
    }
    const vague = graded.filter((column) => this.isVague(column));
    if (vague.length > 0) {
      this.chosen.set("feedback", vague[0]);
      const also = vague.length === 1 ? "" : `, or is it ${this.names(vague.slice(1))}?`;
      this.ask("feedback", `no name says which column is the feedback: ${this.said(vague[0])} is taken${also}`);
      return;
    }
    this.lacking.add("feedback");
    const possible = graded.filter((column) => !isId(column));
    const which = possible.length === 0 ? "" : `; is it ${this.names(possible)}?`;
    this.ask("feedback", `no column says what users thought of items: every row counts 1${which}`);
  }

  /** Feedback in words, such as view, cart and purchase. */
  private chooseEvents(): boolean {
    const isWords = (column: ColumnFacts) =>
      !column.isMeasure && column.distinct.size > 0 && column.distinct.size <= MOST_EVENTS;
    const knows = (column: ColumnFacts) =>
      [...column.distinct].filter((word) => weightOfEvent(word) !== undefined).length;
    const events = this.free.filter((column) => isWords(column) && (isEventName(column) || this.isVague(column)));
    const [best] = events.toSorted((a, b) => knows(b) - knows(a));
    if (best === undefined || knows(best) === 0) return false;
    this.chosen.set("feedback", best);
    const entries = [...best.distinct].toSorted().map((word): [string, number] => [word, weightOfEvent(word) ?? 0]);
    this.feedbackValues = Object.fromEntries(entries.toSorted(([, a], [, b]) => a - b));
    const unknown = entries.filter(([word]) => weightOfEvent(word) === undefined).map(([word]) => word);
    const unsure =
      unknown.length === 0 ? "" : `; ${unknown.join(", ")} ${unknown.length === 1 ? "is" : "are"} taken for nothing`;
    this.ask("feedbackValues", `what do the words of ${best.name} count? These are guesses${unsure}`);
    return true;
  }

  /** A log of lists may have no users; any other must. */
  private settleUser(): void {
    if (this.chosen.has("user") || !this.chosen.has("list")) return;
    this.lacking.add("user");
    this.ask("user", "no column says who: every list stands for a user of its own; name one if it is there");
  }

  private askOfOthers(field: Field, best: ColumnFacts, others: readonly ColumnFacts[], advice = ""): void {
    if (others.length === 0) return;
    this.ask(field, `${this.said(best)} is taken for the ${field}; ${this.names(others)} could be it too${advice}`);
  }

  private names(columns: readonly ColumnFacts[]): string {
    return columns.map((column) => this.said(column)).join(", ");
  }

  /** A column with the first of its values where its name is a number alone. */
  private said({ name, distinct }: ColumnFacts): string {
    const [first] = distinct;
    return this.isHeadless ? `${name} ("${first ?? ""}")` : name;
  }

  private isVague(column: ColumnFacts): boolean {
    return this.isHeadless || isNameless(column);
  }
}

const FEEDBACK_OR_TIME: readonly NamedField[] = ["feedback", "timestamp"];

const ABOUT = [...FIELDS, "timestampFormat", "feedbackValues", "positiveThreshold", "format"];
const orderOf = ({ about }: Question) => ABOUT.indexOf(about);

function isId({ words }: ColumnFacts): boolean {
  return words.includes("id") || words.some((word) => word.length > 2 && word.endsWith("id"));
}

function hasFractions({ distinct, isNumeric }: ColumnFacts): boolean {
  return isNumeric && [...distinct].some((value) => /[.,]\d*[1-9]/.test(value));
}

/** Times of a day as 930 and 1630. */
function isClock({ words, isNumeric, distinct }: ColumnFacts): boolean {
  return isNumeric && words.includes("time") && [...distinct].every((value) => Number(value) <= 2400);
}

/** Values of two kinds. */
function isSwitch({ distinct }: ColumnFacts): boolean {
  return distinct.size > 0 && [...distinct].every((value) => /^(0|1|true|false)$/i.test(value));
}

/** Whether some value is that of several rows, as a list's is. */
function hasCompany({ values, distinct }: ColumnFacts): boolean {
  return distinct.size < values.filter((value) => value !== "").length;
}

/** A scale of few values, more than one. */
function isGraded({ isMeasure, distinct }: ColumnFacts): boolean {
  return isMeasure && distinct.size > 1 && distinct.size <= MOST_GRADES;
}
