/**
 * Reads queries as LETOR and svmlight have them: a line for each document, `grade qid:7 1:0.5 4:2 # comment`, with
 * features by number, those of value 0 left out. Without `qid`, a file beside it holds the number of documents of each
 * query, in order, as LightGBM and XGBoost want it.
 */
import { existsSync } from "node:fs";
import { excerpt } from "../../text/excerpt.ts";
import { DataError } from "../errors.ts";
import { readLines } from "../readers/lines.ts";
import { MAX_GRADE, type QueryTable, QueryTableBuilder } from "./query-table.ts";

/** Where the queries of documents without `qid` are looked for: under the file's name with these endings. */
const QUERY_FILE_ENDINGS = [".query", ".group"];

/** Features numbered higher would make every document's row too wide: they were hashed, or are words. */
const MAX_FEATURE = 100_000;

/** Of {@link readLetor}. */
export interface LetorOptions {
  /** The number of documents of each query, one a line; a file of the same name beside it unless given. */
  readonly queryFile?: string | undefined;
  /** A table read before, whose features alone are read. */
  readonly like?: QueryTable | undefined;
}

/** What was read, and what was passed over. */
export interface ReadQueries {
  readonly table: QueryTable;
  /** The file that told which documents are of one query, where the lines do not. */
  readonly queryFile?: string;
  /** Values of features that the table read before does not have. */
  readonly unknownValues: number;
}

/** A document as its line gives it. */
interface Document {
  readonly grade: number;
  readonly query: string | undefined;
  readonly features: Readonly<Record<string, number>>;
}

/**
 * Reads a file of documents, plain or packed.
 * @throws DataError with file and line when a file cannot be read, a line is not of this form, a query's lines do not
 * follow each other, or the queries' sizes do not add up to the documents
 * @example
 * const { table } = await readLetor("MSLR-WEB10K/Fold1/train.txt");
 */
export async function readLetor(file: string, { queryFile, like }: LetorOptions = {}): Promise<ReadQueries> {
  const builder = new QueryTableBuilder(like);
  const grouped = new DocumentGroups(file, queryFile ?? besideOf(file));
  await readLines(file, "utf-8", (whole, line) => {
    const [text] = whole.split("#", 1);
    if (text.trim() === "") return;
    const fail = (problem: string) => new DataError(file, problem, { line });
    const document = parseDocument(text, fail);
    grouped.add(document.query, line, builder);
    try {
      builder.addCandidate(document);
    } catch (error) {
      throw fail((error as Error).message);
    }
  });
  const used = await grouped.finish();
  const table = builder.build(like === undefined ? numericOrder : undefined);
  if (table.grades.length === 0)
    throw new DataError(file, "there are no documents; expected lines of grade qid:Q 1:0.5");
  return {
    table: used === undefined ? table : { ...table, ...used.queries },
    ...(used && { queryFile: used.file }),
    unknownValues: builder.unknownValues,
  };
}

/** The file that is read beside `file` unless its lines name their queries. */
export function besideOf(file: string): string | undefined {
  const plain = file.replace(/\.(gz|zst)$/i, "");
  return QUERY_FILE_ENDINGS.map((ending) => plain + ending).find((own) => existsSync(own));
}

/** Which documents are of one query. */
class DocumentGroups {
  private readonly seen = new Set<string>();
  private last: string | undefined;
  private documents = 0;

  constructor(
    private readonly file: string,
    private readonly sizesFile: string | undefined,
  ) {}

  /** Begins the query of a document, if it is another. */
  add(query: string | undefined, line: number, builder: QueryTableBuilder): void {
    const fail = (problem: string) => new DataError(this.file, problem, { line });
    this.documents++;
    if (this.documents === 1 && query === undefined) {
      if (this.sizesFile === undefined) {
        const names = QUERY_FILE_ENDINGS.map((ending) => `${this.file.replace(/\.(gz|zst)$/i, "")}${ending}`);
        throw fail(
          `there is no qid, and no file ${names.join(" or ")} with the number of documents of each query; ` +
            "name one with queryFile (--query-file)",
        );
      }
      builder.begin("");
      return;
    }
    if (this.documents > 1 && (query === undefined) !== (this.last === undefined)) {
      throw fail(
        query === undefined ? "there is no qid, as lines before have" : "there is a qid, as no line before has",
      );
    }
    if (query === undefined || query === this.last) return;
    if (this.seen.has(query))
      throw fail(`the documents of query ${query} do not follow each other; sort them by query`);
    this.seen.add(query);
    this.last = query;
    builder.begin(query);
  }

  /** The queries as the file of sizes tells them; undefined where the lines did. */
  async finish(): Promise<{ file: string; queries: Pick<QueryTable, "names" | "offsets"> } | undefined> {
    if (this.last !== undefined || this.sizesFile === undefined || this.documents === 0) return undefined;
    const offsets = [0];
    await readLines(this.sizesFile, "utf-8", (text, line) => {
      if (text.trim() === "") return;
      const size = Number(text);
      if (!Number.isInteger(size) || size < 1) {
        const problem = `"${excerpt(text)}" is no number of documents; expected a whole number from 1 on each line`;
        throw new DataError(this.sizesFile ?? "", problem, { line });
      }
      offsets.push(offsets[offsets.length - 1] + size);
    });
    const sum = offsets[offsets.length - 1];
    if (sum !== this.documents) {
      const problem = `the queries have ${sum} documents together, and ${this.file} has ${this.documents}`;
      throw new DataError(this.sizesFile, `${problem}; it is of another file`);
    }
    const names = Array.from({ length: offsets.length - 1 }, (_, place) => String(place + 1));
    return { file: this.sizesFile, queries: { names, offsets: Int32Array.from(offsets) } };
  }
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

function parseDocument(text: string, fail: (problem: string) => DataError): Document {
  const [first, ...rest] = text.trim().split(/\s+/);
  const grade = NUMBER.test(first) ? Number(first) : Number.NaN;
  if (!Number.isInteger(grade) || grade < 0 || grade > MAX_GRADE) {
    throw fail(`"${excerpt(first)}" is no grade; expected a whole number from 0 to ${MAX_GRADE}`);
  }
  const hasQuery = rest.length > 0 && rest[0].startsWith("qid:");
  const query = hasQuery ? rest[0].slice("qid:".length) : undefined;
  if (query === "") throw fail("qid: names no query");
  const features: Record<string, number> = {};
  for (const pair of hasQuery ? rest.slice(1) : rest) {
    const end = pair.indexOf(":");
    const [name, value] = [pair.slice(0, end), pair.slice(end + 1)];
    if (end < 1 || !/^\d+$/.test(name) || !NUMBER.test(value)) {
      throw fail(`"${excerpt(pair)}" is no feature; expected number:value, such as 4:0.25`);
    }
    const number = Number(name);
    if (number > MAX_FEATURE) {
      throw fail(
        `feature ${name} is over ${MAX_FEATURE}: documents would take too much memory; number features from 1`,
      );
    }
    if (features[number] !== undefined) throw fail(`feature ${number} occurs twice`);
    features[number] = Number(value);
  }
  return { grade, query, features };
}

/** Features from 1, or 0 where there is one, to the highest: so that an array of them has one for each. */
function numericOrder(names: readonly string[]): string[] {
  const numbers = names.map(Number);
  const highest = numbers.reduce((most, number) => Math.max(most, number), 0);
  const first = numbers.includes(0) ? 0 : 1;
  return Array.from({ length: highest + 1 - first }, (_, place) => String(first + place));
}
