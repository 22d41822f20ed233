/** A data file that cannot be read or understood. The message starts with `file:line:`, as compilers write it. */
export class DataError extends Error {
  override readonly name = "DataError";
  /** The file as the caller named it. */
  readonly file: string;
  /** The line, counted from 1, or undefined when the trouble is with the file as a whole. */
  readonly line: number | undefined;

  constructor(file: string, line: number | undefined, problem: string, options?: ErrorOptions) {
    super(`${line === undefined ? file : `${file}:${line}`}: ${problem}`, options);
    this.file = file;
    this.line = line;
  }
}
