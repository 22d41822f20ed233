/** Reads a log that lies in one file, or in files of its own for training, validation and test. */
import type { InteractionLog } from "../interactions.ts";
import { joinLogs } from "../join-logs.ts";
import type { SplitName } from "../protocols.ts";
import type { SplitFiles } from "../settings.ts";
import { type InteractionSource, readInteractions } from "./read-interactions.ts";

/** A log, and what of it lies in files of its own. All are of one format. */
export type LogSource = InteractionSource & SplitFiles;

/** The files of a source in the order in which their users and items are numbered, and what each is for. */
export function filesOf({ file, validationFile, testFile }: LogSource): { split: SplitName; file: string }[] {
  return [
    { split: "training", file },
    ...(validationFile === undefined ? [] : [{ split: "validation" as const, file: validationFile }]),
    ...(testFile === undefined ? [] : [{ split: "test" as const, file: testFile }]),
  ];
}

/**
 * The log of all files, whose users and items are numbered together.
 * @throws DataError as `readInteractions` does; RangeError for a validation file where there is no test file
 */
export async function readLog({ validationFile, testFile, ...source }: LogSource): Promise<InteractionLog> {
  if (testFile === undefined) {
    if (validationFile === undefined) return readInteractions(source);
    throw new RangeError("data: a validationFile needs a testFile; name a file to test on");
  }
  const parts: { split: SplitName; log: InteractionLog }[] = [];
  for (const { split, file } of filesOf({ ...source, testFile, ...(validationFile && { validationFile }) })) {
    parts.push({ split, log: await readInteractions({ ...source, file }) });
  }
  return joinLogs(parts);
}
