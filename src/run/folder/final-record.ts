/** `final.json` in the folder of a training on all data: of which run it is, and what it was trained on. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { parsedJson } from "../../text/parsed-json.ts";
import { RunFolderError } from "./run-folder-error.ts";

/** The file's name in the folder. */
export const FINAL_RECORD = "final.json";

const finalRecord = z.object({
  /** The folder of the run whose choice this is, relative to this one. */
  of: z.string(),
  /** As in `--deploy NAME`. */
  method: z.string(),
  /** Lists that were trained on, by what they were for in that run. */
  lists: z.object({ training: z.number(), validation: z.number(), test: z.number() }),
  /** Updates of each model that learned. */
  steps: z.record(z.string(), z.number()),
});

/** A training on all data. */
export type FinalRecord = z.infer<typeof finalRecord>;

/** @throws RunFolderError where the folder `path` holds a training on all data, with what is to be done instead of `purpose` */
export function refuseFinal(path: string, purpose: string): void {
  const file = join(path, FINAL_RECORD);
  if (!existsSync(file)) return;
  const record = finalRecord.safeParse(parsedJson(readFileSync(file, "utf8")));
  const of = record.success ? join(path, record.data.of) : "the run that it was made of";
  throw new RunFolderError(
    `${path}: this was trained on all data, its test lists too, so there is nothing to ${purpose}; its figures are those of ${of}`,
  );
}
