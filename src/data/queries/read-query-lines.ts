/**
 * Reads queries as lines of JSON: each line is a request as a ranker is asked it, with what became of its candidates, such
 * as `{"query": "q1", "features": [0.1, 0.7], "candidates": [{"item": "a", "features": [0.3, 0.2], "grade": 1}]}`.
 */
import * as z from "zod";
import { formatPath } from "../../settings/check-settings.ts";
import type { Path } from "../../settings/json-schema.ts";
import { parsedJson } from "../../text/parsed-json.ts";
import { DataError } from "../errors.ts";
import { readLines } from "../readers/lines.ts";
import { type QueryTable, QueryTableBuilder } from "./query-table.ts";
import type { ReadQueries } from "./read-letor.ts";

const features = z.union([z.array(z.number()), z.record(z.string().min(1), z.number())]);

const candidate = z.strictObject({
  item: z.string().optional(),
  features: features.optional(),
  grade: z.number().optional(),
  score: z.number().optional(),
});

const line = z.strictObject({
  query: z.string().optional(),
  features: features.optional(),
  candidates: z.array(candidate).min(1),
});

/**
 * Reads a file of queries, plain or packed.
 * @param like a table read before, whose features alone are read
 * @throws DataError with file and line when the file cannot be read or a line is no query
 */
export async function readQueryLines(file: string, like?: QueryTable): Promise<ReadQueries> {
  const builder = new QueryTableBuilder(like);
  await readLines(file, "utf-8", (text, number) => {
    if (text.trim() === "") return;
    const fail = (problem: string) => new DataError(file, problem, { line: number });
    const value = parsedJson(text);
    if (value === undefined) throw fail("this line is no JSON; expected one query a line");
    const parsed = line.safeParse(value);
    if (!parsed.success) {
      const [{ path, message }] = parsed.error.issues;
      throw fail(`${formatPath(path as Path)}: ${message}`);
    }
    try {
      builder.add(parsed.data);
    } catch (error) {
      throw fail((error as Error).message);
    }
  });
  if (builder.size === 0) throw new DataError(file, "there are no queries; expected one a line, as JSON");
  try {
    return { table: builder.build(), unknownValues: builder.unknownValues };
  } catch (error) {
    throw error instanceof RangeError ? new DataError(file, error.message) : error;
  }
}
