/** A file that is read from its beginning to its end, and that must stay as it is until then. */
import { type FileHandle, open } from "node:fs/promises";
import { excerpt } from "../../text/excerpt.ts";
import { DataError, explainFileError, IS_DIRECTORY } from "../errors.ts";
import { ZstandardError } from "./zstandard.ts";

/**
 * Calls `read` with the open file and its size in bytes.
 * @throws DataError when the file is missing, empty, no regular file, may not be read, or changed while it was read,
 * and what `read` throws
 */
export async function withInputFile<Result>(
  file: string,
  read: (handle: FileHandle, size: number) => Promise<Result>,
): Promise<Result> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file);
    const before = await handle.stat();
    if (before.isDirectory()) throw new DataError(file, IS_DIRECTORY);
    if (!before.isFile()) throw new DataError(file, "this is no regular file; write it to a disk first");
    if (before.size === 0) throw new DataError(file, "the file is empty");
    const [outcome] = await Promise.allSettled([read(handle, before.size)]);
    const after = await handle.stat();
    // Whatever else went wrong then is a consequence.
    if (after.size !== before.size || after.mtimeMs !== before.mtimeMs) {
      throw new DataError(file, "the file changed while it was read; read it again once it is complete");
    }
    if (outcome.status === "rejected") throw outcome.reason;
    return outcome.value;
  } catch (error) {
    if (!(error instanceof ZstandardError)) throw explainFileError(error, file);
    const problem = `broken Zstandard data (${excerpt(error.message, 200)}); fetch or compress the file again`;
    throw new DataError(file, problem, { cause: error });
  } finally {
    await handle?.close();
  }
}
