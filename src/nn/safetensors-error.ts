/** What can be wrong with a safetensors file. */
import { oneLine } from "../text/excerpt.ts";

/** What was wrong with a file, or with what was to be written. */
export type SafetensorsErrorCode =
  | "truncated" // fewer than the 8 bytes of the header's length
  | "header-size" // the header is empty, over 100 MB, or longer than the file
  | "header-encoding" // the header is not UTF-8, or a string in it is not Unicode text
  | "header-json" // the header is not a JSON object that starts with `{`
  | "duplicate-key" // an object in the header has two keys of one name
  | "entry" // a tensor's fields, shape or name are not what the format allows
  | "dtype" // a type of element that is unknown or not supported
  | "offsets" // a tensor's bytes are reversed, outside the file, or not as many as its shape and type need
  | "overlap" // two tensors share bytes
  | "gap" // bytes between tensors belong to none
  | "trailing" // bytes after the last tensor
  | "metadata"; // the metadata is not an object of strings

/** A file that breaks the format, or tensors that it cannot hold. The message is one line, whatever the file holds. */
export class SafetensorsError extends Error {
  override readonly name = "SafetensorsError";
  readonly code: SafetensorsErrorCode;

  constructor(code: SafetensorsErrorCode, problem: string, options?: ErrorOptions) {
    super(oneLine(`safetensors: ${problem}`), options);
    this.code = code;
  }
}

/** Throws a {@link SafetensorsError}. */
export function refuse(code: SafetensorsErrorCode, problem: string, options?: ErrorOptions): never {
  throw new SafetensorsError(code, problem, options);
}
