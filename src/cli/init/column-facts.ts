/** What can be told of a log's columns by looking at each of them: its name in words, and what kind of values it has. */
import type { Head } from "../../data/readers/head.ts";
import { type DecimalMark, numberOfText } from "../../data/readers/numbers.ts";

/** A column of the first rows. */
export interface ColumnFacts {
  /** As the header has it; the number from 1 where there is no header. */
  readonly name: string;
  /** The words of the name in lower case: `steam_user_no` and `steamUserNo` are of steam, user, no. */
  readonly words: readonly string[];
  /** Of all rows, in their order, "" for nothing. */
  readonly values: readonly string[];
  /** Different values besides blanks. */
  readonly distinct: ReadonlySet<string>;
  /** Whether all values are numbers, blanks aside, and there is one. */
  readonly isNumeric: boolean;
  /** Whether all values are numbers, or all are truth values. */
  readonly isMeasure: boolean;
}

/** What stands for nothing in text, as the readers have it. */
const BLANKS: ReadonlySet<string> = new Set(["", "NULL", "null", "NA", "\\N", "nan", "NaN", "None"]);
const TRUTH: ReadonlySet<string> = new Set(["true", "false"]);

export function columnFacts({ columns, rows }: Head, decimal: DecimalMark): ColumnFacts[] {
  return columns.map((name, place) => {
    const values = rows.map((row) => (BLANKS.has(row[place] ?? "") ? "" : row[place]));
    const distinct = new Set(values);
    distinct.delete("");
    const all = (fits: (value: string) => boolean) => distinct.size > 0 && [...distinct].every(fits);
    const isNumeric = all((value) => Number.isFinite(numberOfText(value, decimal)));
    const isMeasure = isNumeric || all((value) => TRUTH.has(value.toLowerCase()));
    return { name, words: wordsOf(name), values, distinct, isNumeric, isMeasure };
  });
}

/** Decimals follow a comma where a column has nothing but such numbers. */
export function decimalMarkOf({ columns, rows }: Head): DecimalMark {
  const hasCommas = columns.some((_, place) => {
    const values = rows.map((row) => row[place] ?? "").filter((value) => !BLANKS.has(value));
    return values.some((value) => value.includes(",")) && values.every((value) => /^-?\d+(,\d+)?$/.test(value));
  });
  return hasCommas ? "," : ".";
}

/** RecBole writes the kind of a column after its name. */
const KIND = /:(token|float|token_seq|float_seq)$/;

function wordsOf(name: string): string[] {
  return name
    .replace(KIND, "")
    .replaceAll(/([a-z])([A-Z])/g, "$1 $2")
    .replaceAll(/([A-Z])([A-Z][a-z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^\p{L}]+/u)
    .filter((word) => word !== "");
}

/** Names that tell nothing: a letter, `col3`, a number. */
export function isNameless({ words }: ColumnFacts): boolean {
  return words.every((word) => word.length < 2 || /^(col|column|field|var|unnamed|f)$/.test(word));
}

/**
 * Whether a column says something of `owner` rather than of the event: it never differs between two rows of the same, of
 * which there are some.
 */
export function isAttributeOf({ values }: ColumnFacts, owner: ColumnFacts | undefined): boolean {
  if (owner === undefined || new Set(values).size < 2) return false;
  const known = new Map<string, string>();
  let met = 0;
  for (const [row, id] of owner.values.entries()) {
    const before = known.get(id);
    if (before === undefined) known.set(id, values[row]);
    else if (before !== values[row]) return false;
    else met++;
  }
  return met >= Math.max(10, known.size / 2);
}
