/** Reads interactions from lines of JSON: an event each, or a request each with lists of items. */
import { excerpt } from "../../text/excerpt.ts";
import { DataError } from "../errors.ts";
import { listNames } from "./column-names.ts";
import type { InteractionLogBuilder } from "./interaction-log-builder.ts";
import { readLines } from "./lines.ts";
import { NestedRows } from "./nested-rows.ts";
import type { Reading } from "./reading.ts";

/**
 * Adds the interactions of a file to `builder`, until it has `most`.
 * @throws DataError with file and line when the file cannot be read, or a line is no object of JSON or lacks a field
 */
export async function readJsonLines(
  file: string,
  reading: Reading,
  builder: InteractionLogBuilder,
  most: number,
): Promise<void> {
  const rows = new NestedRows(file, reading, builder, excerpt(`an object with ${pathsOf(reading)}`, 300));
  await readLines(file, reading.settings.encoding, (text, line) => {
    if (text.trim() === "") return true;
    rows.add(parsed(file, text, line), line);
    return builder.size < most;
  });
}

/** What is expected of a file in which there is nothing. */
export function expectedJson(reading: Reading): string {
  return `lines of JSON with ${pathsOf(reading)}`;
}

function pathsOf({ fields, candidates, history }: Reading): string {
  const lists = [candidates, history].filter((path) => path !== undefined);
  return [...listNames(fields), ...lists].join(", ");
}

/** What a number of JSON that a float64 cannot hold has, among others. */
const LONG_DIGITS = /\d{16}/;

/** Strings, to be passed over, and numbers. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** An integer over 2^53 - 1 as text, since as a number it would be another one: ids of 64 bits are exact. */
function exact(token: string): string {
  return /^-?[1-9]\d{15,}$/.test(token) && !Number.isSafeInteger(Number(token)) ? `"${token}"` : token;
}

/** The object that a line of JSON is; integers that a number cannot hold are text in it. @throws DataError where it is none */
export function parsed(file: string, text: string, line: number): object {
  let value: unknown;
  try {
    value = JSON.parse(LONG_DIGITS.test(text) ? text.replaceAll(TOKEN, exact) : text);
  } catch (error) {
    const reason = excerpt((error as Error).message, 200);
    throw new DataError(file, `this is no JSON (${reason}); expected one object in every line`, { line });
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new DataError(file, `${excerpt(text, 40)} is no object; expected one in every line`, { line });
}
