/** What is wrong with a data file, said so that a person can mend it. */
import { oneLine } from "../text/excerpt.ts";

/** Where the trouble is, as far as it is in one place: a line, or the row of a file without lines, counted from 1. */
export interface DataErrorOptions extends ErrorOptions {
  readonly line?: number | undefined;
  readonly row?: number;
}

/**
 * A data file that cannot be read or understood. The message is one line, whatever the file holds, and starts with
 * `file:line:`, as compilers write it.
 */
export class DataError extends Error {
  override readonly name = "DataError";
  /** The file as the caller named it. */
  readonly file: string;
  /** Undefined when the trouble is with the file as a whole. */
  readonly line: number | undefined;
  readonly row: number | undefined;

  constructor(file: string, problem: string, { line, row, ...errorOptions }: DataErrorOptions = {}) {
    const place = line === undefined ? file : `${file}:${line}`;
    super(oneLine(`${place}: ${row === undefined ? "" : `row ${row}: `}${problem}`), errorOptions);
    this.file = file;
    this.line = line;
    this.row = row;
  }
}

/** What the file system or zlib complained about, as a DataError; any other error as it is. */
export function explainFileError(error: unknown, file: string): unknown {
  if (!(error instanceof Error && "code" in error)) return error;
  const { code, message } = error;
  const isGzip = code === "Z_DATA_ERROR" || code === "Z_BUF_ERROR";
  const problem = isGzip ? `broken gzip data (${message}); fetch or compress the file again` : PROBLEMS.get(code);
  if (problem === undefined && !("syscall" in error)) return error;
  return new DataError(file, problem ?? `the file cannot be read (${message})`, { cause: error });
}

/** What is said of a folder where a file should be. */
export const IS_DIRECTORY = "this is a directory; expected a file of interactions";

const DENIED = "permission to read the file was denied";

/** What the file system complains about, by its code. */
const PROBLEMS: ReadonlyMap<unknown, string> = new Map([
  ["ENOENT", "there is no such file"],
  ["EISDIR", IS_DIRECTORY],
  ["EACCES", DENIED],
  ["EPERM", DENIED],
  ["ERR_INVALID_ARG_VALUE", "this is no name that a file can have"],
]);
