/** Reads the files of the Text REtrieval Conference: what was found for each request, and how it was judged. */
import { excerpt } from "../../text/excerpt.ts";
import { DataError } from "../errors.ts";
import { readLines } from "../readers/lines.ts";

/** A number for each document of each request, by their names. */
export type ByRequest = ReadonlyMap<string, ReadonlyMap<string, number>>;

/**
 * Judgements, lines of `request 0 document grade`; grades under 0 are 0.
 * @throws DataError with file and line for what is none, and for a document that is judged twice
 */
export function readQrels(file: string): Promise<ByRequest> {
  return readTable(file, "request 0 document grade", 4, (fields, fail) => {
    const grade = Number(fields[3]);
    if (!Number.isInteger(grade) || grade > 30)
      throw fail(`the grade "${excerpt(fields[3])}" is no whole number up to 30`);
    return { request: fields[0], document: fields[2], value: Math.max(grade, 0) };
  });
}

/**
 * A ranking, lines of `request Q0 document rank score tag`: scores decide, as everywhere, and not the ranks.
 * @throws DataError with file and line for what is none, and for a document that is ranked twice
 */
export function readTrecRun(file: string): Promise<ByRequest> {
  return readTable(file, "request Q0 document rank score tag", 6, (fields, fail) => {
    const score = Number(fields[4]);
    if (fields[4] === "" || !Number.isFinite(score)) throw fail(`the score "${excerpt(fields[4])}" is no number`);
    return { request: fields[0], document: fields[2], value: score };
  });
}

/**
 * One score a line, as XGBoost, LightGBM and others write them.
 * @param count lines that are expected
 * @throws DataError with file and line for what is no number, and for fewer or more
 */
export async function readScores(file: string, count: number): Promise<Float64Array> {
  const scores = new Float64Array(count);
  let next = 0;
  await readLines(file, "utf-8", (text, line) => {
    const score = Number(text);
    if (text.trim() === "" || !Number.isFinite(score)) {
      throw new DataError(file, `"${excerpt(text)}" is no number; expected one score a line`, { line });
    }
    if (next === count) throw new DataError(file, `more than the ${count} documents have scores`, { line });
    scores[next++] = score;
  });
  if (next < count) throw new DataError(file, `${next} scores for ${count} documents; expected one a line for each`);
  return scores;
}

interface Entry {
  readonly request: string;
  readonly document: string;
  readonly value: number;
}

async function readTable(
  file: string,
  expected: string,
  width: number,
  parse: (fields: readonly string[], fail: (problem: string) => DataError) => Entry,
): Promise<ByRequest> {
  const requests = new Map<string, Map<string, number>>();
  await readLines(file, "utf-8", (text, line) => {
    const fields = text.trim().split(/\s+/);
    if (fields[0] === "") return;
    const fail = (problem: string) => new DataError(file, `${problem}; expected ${expected}`, { line });
    if (fields.length !== width) throw fail(`${fields.length} fields instead of ${width}`);
    const { request, document, value } = parse(fields, fail);
    const own = requests.get(request) ?? new Map<string, number>();
    requests.set(request, own);
    if (own.has(document)) throw fail(`document ${excerpt(document)} of request ${excerpt(request)} is there twice`);
    own.set(document, value);
  });
  if (requests.size === 0) throw new DataError(file, `nothing is in it; expected lines of ${expected}`);
  return requests;
}
