/**
 * Turns records that hold others, such as lines of JSON, into interactions: an event each, or a request each with lists
 * of the items that were shown, of those that were clicked, and of all candidates.
 */
import { excerpt } from "../../text/excerpt.ts";
import { DataError } from "../errors.ts";
import { type Column, EACH_LINE } from "../settings.ts";
import { mapFields } from "./column-names.ts";
import type { InteractionLogBuilder } from "./interaction-log-builder.ts";
import { InteractionRows } from "./interaction-rows.ts";
import { parsePath, type ValuePath, valueAt } from "./paths.ts";
import type { Reading } from "./reading.ts";

/** Reads a field of the item at a place of a record. */
type ReadField = (item: ItemOfRecord) => unknown;

interface ItemOfRecord {
  readonly record: unknown;
  /** The entry of the list of items, or the record where there is no list. */
  readonly entry: unknown;
  readonly place: number;
  /** The item's name. */
  readonly name: string;
}

/** Lists that say which items of a record were clicked, and whether it did for the item at hand. */
interface Membership {
  readonly path: ValuePath;
  members: ReadonlySet<string>;
}

/** Collects the records of a file. */
export class NestedRows {
  private readonly items: ValuePath;
  private readonly memberships: Membership[] = [];
  private readonly readers: readonly ReadField[];
  private readonly candidates: ValuePath | undefined;
  private readonly history: ValuePath | undefined;
  private readonly itemColumn: number;
  private readonly rows: InteractionRows;
  /** Of the record at hand, if every one is a list. */
  private listName = "";

  /**
   * @param expected a record as it should look, for messages
   * @throws RangeError for paths that make no sense
   */
  constructor(
    private readonly file: string,
    { fields, rules, candidates, history }: Reading,
    private readonly builder: InteractionLogBuilder,
    private readonly expected: string,
  ) {
    const columns: string[] = [];
    const readers: ReadField[] = [];
    this.items = parsePath(String(fields.item));
    const position = mapFields(fields, (column, field) => {
      columns.push(String(column));
      readers.push(this.readerOf(column, field));
      return columns.length - 1;
    });
    this.readers = readers;
    this.itemColumn = position.item;
    this.candidates = candidates === undefined ? undefined : listPath(candidates, "candidates");
    this.history = history === undefined ? undefined : listPath(history, "history");
    this.rows = new InteractionRows({ file, columns, position, rules, expected }, builder);
  }

  /**
   * Adds the interactions of a record at line `line`.
   * @throws DataError that names the line and the path that is wrong
   */
  add(record: unknown, line: number): void {
    const { items, memberships } = this;
    this.listName = `#${this.builder.size}`;
    const entries = items.entries === undefined ? [record] : this.listAt(record, items, line);
    for (const membership of memberships) {
      membership.members = new Set(this.namesAt(record, membership.path, line).map(({ name }) => name));
    }
    this.addHistory(record, line);
    const shown = new Set<string>();
    for (const [place, entry] of entries.entries()) {
      const name = nameOf(valueAt(entry, items.entries === undefined ? items.start : items.end));
      shown.add(name);
      const item = { record, entry, place, name };
      this.rows.add(
        this.readers.map((read) => read(item)),
        line,
      );
    }
    for (const { path, members } of memberships) {
      for (const name of members) {
        if (shown.has(name)) continue;
        throw this.problem(line, `${path.text} names "${excerpt(name)}", which is none of ${items.text}`);
      }
    }
    this.addCandidates(record, shown, line);
  }

  /** What the user had liked before; that of the user's first record counts. */
  private addHistory(record: unknown, line: number): void {
    if (this.history === undefined) return;
    const values = this.valuesOf(record);
    if (!this.rows.isOfNewUser(values, line)) return;
    for (const { value } of this.namesAt(record, this.history, line)) {
      values[this.itemColumn] = value;
      this.rows.add(values, line, "history");
    }
  }

  /** Candidates that were not shown. */
  private addCandidates(record: unknown, shown: ReadonlySet<string>, line: number): void {
    if (this.candidates === undefined) return;
    const values = this.valuesOf(record);
    for (const { name, value } of this.namesAt(record, this.candidates, line)) {
      if (shown.has(name)) continue;
      values[this.itemColumn] = value;
      this.rows.add(values, line, "candidate");
    }
  }

  /** What a record says of none of its items. */
  private valuesOf(record: unknown): unknown[] {
    return this.readers.map((read) => read({ record, entry: undefined, place: -1, name: "" }));
  }

  private readerOf(column: Column, field: string): ReadField {
    if (field === "list" && column === EACH_LINE) return () => this.listName;
    const path = parsePath(String(column));
    const { start, entries, end, text } = path;
    if (field === "item") return ({ entry }) => valueAt(entry, entries === undefined ? start : end);
    if (entries === undefined) {
      // Records may be flat, with dots in their keys.
      return ({ record }) => valueAt(record, start) ?? valueAt(record, [text]);
    }
    if (entries === "same") return ({ record, place }) => entryAt(valueAt(record, start), place, end);
    if (start.join(".") === this.items.start.join(".")) return ({ entry }) => valueAt(entry, end);
    if (field !== "feedback") {
      throw new RangeError(
        `columns: "${text}" goes through another list than the items of "${this.items.text}"; write [i] for the entry at ` +
          "the place of the item",
      );
    }
    const membership: Membership = { path, members: new Set() };
    this.memberships.push(membership);
    return ({ name }) => (membership.members.has(name) ? 1 : 0);
  }

  /** The entries of a list of items: as they are, and as names. */
  private namesAt(
    record: unknown,
    path: ValuePath,
    line: number,
  ): { readonly value: unknown; readonly name: string }[] {
    return this.listAt(record, path, line).map((entry) => {
      const value = valueAt(entry, path.end);
      return { value, name: nameOf(value) };
    });
  }

  private listAt(record: unknown, path: ValuePath, line: number): readonly unknown[] {
    const list = valueAt(record, path.start);
    if (Array.isArray(list)) return list;
    const found = list === undefined ? "is not there" : "is no list";
    throw this.problem(line, `${path.start.join(".")} ${found}`);
  }

  private problem(line: number, problem: string): DataError {
    return new DataError(this.file, `${problem}; expected ${this.expected}`, { line });
  }
}

/** @throws RangeError for a path that goes through no list */
function listPath(text: string, field: string): ValuePath {
  const path = parsePath(text);
  if (path.entries === "every") return path;
  throw new RangeError(
    `columns: "${text}" goes through no list; expected ${field} such as ${field}[] or ${field}[].id`,
  );
}

function entryAt(list: unknown, place: number, end: readonly string[]): unknown {
  return Array.isArray(list) ? valueAt(list[place], end) : undefined;
}

/** As a name is read: text, or an integer. */
function nameOf(value: unknown): string {
  return typeof value === "string" ? value.trim() : String(value);
}
