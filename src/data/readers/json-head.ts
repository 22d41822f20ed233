/** The first lines of JSON as a table: a column for every path, and a row for each entry of the list that holds items. */
import { parsed } from "./json-lines.ts";
import { readLines } from "./lines.ts";

/** What lines of JSON hold. */
export interface JsonHead {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Paths of lists that are no column: of texts or numbers, such as `clicked[]`. */
  readonly lists: readonly string[];
  readonly isWhole: boolean;
}

/** What lists of items that were shown are called. */
const SHOWN = /shown|items|impressions|results|products|displayed|exposed|ranking|slate|recommended|list/i;
const MOST_DEPTH = 4;

/** Values and lists of a record by their paths. */
interface Flat {
  readonly values: Map<string, string>;
  readonly lists: Map<string, readonly unknown[]>;
}

/**
 * The first `count` rows of lines of JSON.
 * @throws DataError for a line that is no object
 */
export async function readJsonHead(file: string, count: number): Promise<JsonHead> {
  const records: Flat[] = [];
  let isWhole = true;
  await readLines(file, "utf-8", (text, line) => {
    if (text.trim() === "") return true;
    isWhole = records.length < count;
    if (isWhole) records.push(flat(parsed(file, text, line)));
    return isWhole;
  });
  const lists = [...new Set(records.flatMap((record) => [...record.lists.keys()]))];
  const main = mainList(records, lists);
  const rows = records.flatMap(({ values, lists: own }) => {
    const entries = main === undefined ? [] : (own.get(main) ?? []);
    if (main === undefined || entries.length === 0) return [values];
    return entries.map((entry) => new Map([...values, ...entryValues(main, entry)]));
  });
  const columns = [...new Set(rows.flatMap((row) => [...row.keys()]))];
  return {
    columns,
    rows: rows.slice(0, count).map((row) => columns.map((column) => row.get(column) ?? "")),
    lists: lists.filter((path) => path !== main).map((path) => `${path}[]`),
    isWhole: isWhole && rows.length <= count,
  };
}

/** The list whose entries are items: one of objects, or one that is called so, or else the first. */
function mainList(records: readonly Flat[], paths: readonly string[]): string | undefined {
  const holdsObjects = (path: string) => records.some(({ lists }) => typeof lists.get(path)?.[0] === "object");
  return paths.find(holdsObjects) ?? paths.find((path) => SHOWN.test(path)) ?? paths[0];
}

function entryValues(path: string, entry: unknown): [string, string][] {
  if (typeof entry !== "object" || entry === null) return [[`${path}[]`, textOf(entry)]];
  return [...flat(entry).values].map(([key, value]) => [`${path}[].${key}`, value]);
}

function flat(record: object): Flat {
  const values = new Map<string, string>();
  const lists = new Map<string, readonly unknown[]>();
  const visit = (value: unknown, path: string, depth: number) => {
    if (Array.isArray(value)) lists.set(path, value);
    else if (typeof value === "object" && value !== null && depth < MOST_DEPTH) {
      for (const [key, own] of Object.entries(value)) visit(own, path === "" ? key : `${path}.${key}`, depth + 1);
    } else values.set(path, textOf(value));
  };
  visit(record, "", 0);
  return { values, lists };
}

function textOf(value: unknown): string {
  return value === null || value === undefined ? "" : String(value);
}
