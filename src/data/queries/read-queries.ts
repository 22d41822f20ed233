/** Reads queries with graded candidates out of the files that a source names. */
import { basename } from "node:path";
import type { QueryFormat } from "../settings.ts";
import type { QueryNotes } from "./prepare-queries.ts";
import type { QueryTables } from "./query-splits.ts";
import type { QueryTable } from "./query-table.ts";
import { besideOf, type ReadQueries, readLetor } from "./read-letor.ts";
import { readQueryLines } from "./read-query-lines.ts";

/** Files of queries, one or several, all of one format. */
export interface QuerySource {
  readonly format: QueryFormat;
  /** Queries to learn from, and to cut validation and test from where these have no file. */
  readonly file: string;
  readonly validationFile?: string | undefined;
  readonly testFile?: string | undefined;
  /** Of `file` in the format letor: the number of documents of each query; the file beside it unless given. */
  readonly queryFile?: string | undefined;
}

/**
 * Reads all files; those for validation and test with the features that the first has.
 * @throws DataError with file and line for a file that cannot be read or understood
 */
export async function readQueries(source: QuerySource): Promise<QueryTables & { readonly notes: QueryNotes }> {
  const { file, validationFile, testFile } = source;
  const training = await readQueryFile(source, file);
  const readLike = (own: string | undefined) =>
    own === undefined ? undefined : readQueryFile(source, own, training.table);
  const validation = await readLike(validationFile);
  const test = await readLike(testFile);
  const unknownValues = (validation?.unknownValues ?? 0) + (test?.unknownValues ?? 0);
  return {
    training: training.table,
    validation: validation?.table,
    test: test?.table,
    notes: { unknownValues, ...(training.queryFile !== undefined && { queryFile: basename(training.queryFile) }) },
  };
}

/**
 * Reads one of a source's files.
 * @param like a table read before, whose features alone are read
 * @throws as {@link readQueries}
 */
export function readQueryFile(
  { format, file, queryFile }: QuerySource,
  own: string,
  like?: QueryTable,
): Promise<ReadQueries> {
  return format === "letor"
    ? readLetor(own, { like, queryFile: own === file ? queryFile : undefined })
    : readQueryLines(own, like);
}

/** All files that the queries depend on, in a fixed order. */
export function queryFilesOf(source: QuerySource): string[] {
  const { file, validationFile, testFile, format, queryFile } = source;
  const files = [file, validationFile, testFile].filter((own) => own !== undefined);
  if (format !== "letor") return files;
  return files.flatMap((own) => [own, (own === file ? queryFile : undefined) ?? besideOf(own) ?? []].flat());
}
