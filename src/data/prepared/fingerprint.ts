/** Identifies what data was made from, so that data that was made before is used again only if nothing changed. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { basename } from "node:path";
import { isDeepStrictEqual } from "node:util";
import * as z from "zod";
import { excerpt } from "../../text/excerpt.ts";
import { explainFileError } from "../errors.ts";

const json = z.json();

/** What tells one input file from another. */
const fileFingerprint = z.object({
  /** Without its folder, which may differ from machine to machine. */
  name: z.string(),
  bytes: z.number(),
  /** Of the bytes as they lie on disk, in hexadecimal. */
  sha256: z.string(),
});

/** A fingerprint in a file. */
export const sourceFingerprintSchema = z.object({ files: z.array(fileFingerprint), options: json });

/** A value that JSON can hold. */
export type Json = z.infer<typeof json>;
/** Input files and the options under which they were read and cut. */
export type SourceFingerprint = z.infer<typeof sourceFingerprintSchema>;

/**
 * Reads every byte of `files`.
 *
 * @param options whatever else decides what comes out, such as the core, the protocols and the seed
 * @throws DataError for a file that cannot be read
 */
export async function fingerprintSource(files: readonly string[], options: Json): Promise<SourceFingerprint> {
  return { files: await Promise.all(files.map(fingerprintFile)), options };
}

/** Whether both name the same content under the same options; names of files do not matter, their order does. */
export function isSameSource(left: SourceFingerprint, right: SourceFingerprint): boolean {
  const content = ({ files, options }: SourceFingerprint) => [files.map(({ sha256 }) => sha256), options];
  return isDeepStrictEqual(content(left), content(right));
}

/** What makes `now` another source than `before`, for people: nothing for the same one. */
export function differencesOf(before: SourceFingerprint, now: SourceFingerprint): string[] {
  const hashes = ({ files }: SourceFingerprint) => files.map(({ sha256 }) => sha256);
  const isSameContent = isDeepStrictEqual(hashes(before), hashes(now));
  return [
    ...(isSameContent ? [] : ["the files hold something else"]),
    ...optionDifferences("", before.options, now.options),
  ];
}

function optionDifferences(path: string, before: Json | undefined, now: Json | undefined): string[] {
  if (isDeepStrictEqual(before, now)) return [];
  const [old, own] = [before, now].map((value) => (typeof value === "object" && !Array.isArray(value) ? value : null));
  if (old === null || own === null || old === undefined || own === undefined) {
    const text = (value: Json | undefined) => (value === undefined ? "not set" : excerpt(JSON.stringify(value), 40));
    return [`${path} was ${text(before)} and is ${text(now)}`];
  }
  return [...new Set([...Object.keys(old), ...Object.keys(own)])].flatMap((key) => {
    // The first level says whether an option is of reading or of preparing, which nobody needs to know.
    const inner = path === "" || path === "source" || path === "options" ? key : `${path}.${key}`;
    return optionDifferences(inner, old[key], own[key]);
  });
}

async function fingerprintFile(file: string): Promise<z.infer<typeof fileFingerprint>> {
  const hash = createHash("sha256");
  let bytes = 0;
  try {
    for await (const chunk of createReadStream(file)) {
      hash.update(chunk);
      bytes += chunk.length;
    }
  } catch (error) {
    throw explainFileError(error, file);
  }
  return { name: basename(file), bytes, sha256: hash.digest("hex") };
}
