/** The bytes of a body as they were before they were compressed for the way. */
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { ServeProblem } from "./problems.ts";

const unpack = promisify(gunzip);

/**
 * @param encoding the header `Content-Encoding`
 * @param mostBytes of the unpacked body: no more is ever held
 * @throws ServeProblem for another encoding, bytes that are not of it, and a body that is too large
 */
export async function unpackBody(body: Buffer, encoding: string | undefined, mostBytes: number): Promise<Uint8Array> {
  const name = encoding?.trim().toLowerCase() ?? "identity";
  if (name === "identity" || name === "") return body;
  if (name !== "gzip" && name !== "x-gzip") {
    throw new ServeProblem(
      "media-type",
      "bodies are read plain or as gzip; send it without `Content-Encoding`, or with gzip",
    );
  }
  try {
    return await unpack(body, { maxOutputLength: mostBytes });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") {
      throw new ServeProblem("too-large", `the body has more than ${mostBytes} bytes once it is unpacked`);
    }
    throw new ServeProblem("json", `the body is not gzip: ${(error as Error).message}`);
  }
}
