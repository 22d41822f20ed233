/**
 * Settings of the data that do not go together: found before any work is done, and placed at the key that is to be
 * changed. Those of a run are found by its schema.
 */
import type { Problem } from "../../settings/explain-problems.ts";
import type { Path } from "../../settings/json-schema.ts";
import { type Configuration, WORLD_KEYS } from "./configuration-schema.ts";

/** @param isSet whether a key was set, by a file or a flag, and is not merely a default */
export function* dataContradictions(
  { data }: Configuration,
  isSet: (path: Path) => boolean,
): Generator<Problem> {
  const problem = (key: string, text: string) => ({ path: ["data", key], problem: text });
  if (data.file !== undefined && data.scenario !== undefined) {
    yield problem("scenario", "there is a log already, data.file; leave out one of them");
  }
  if (data.file === undefined) {
    for (const key of Object.keys(data)) {
      if (WORLD_KEYS.includes(key) || !isSet(["data", key])) continue;
      yield problem(key, "this is of a log, and there is none; name one with data.file (--data FILE)");
    }
    return;
  }
  const { format, columns, split: _, protocol, listLength, candidateCount } = data;
  if (format === "movielens" && isSet(["data", "columns"])) {
    yield problem(
      "columns",
      "a movielens log has no header; use the format csv, tsv or parquet, or leave it out",
    );
  }
  if (format !== "csv" && isSet(["data", "delimiter"])) {
    yield problem("delimiter", `only the format csv has one, and the format is ${format}`);
  }
  if (columns.position !== undefined && columns.list === undefined) {
    yield { path: ["data", "columns", "position"], problem: "places in lists need columns.list" };
  }
  if (protocol === "logged" && columns.list === undefined) {
    yield problem(
      "protocol",
      "logged candidates need a log that carries lists: name its column in columns.list",
    );
  }
  if (candidateCount < listLength) {
    const problemText = `a list of ${listLength} needs as many candidates; raise it, or lower data.listLength`;
    yield problem("candidateCount", problemText);
  }
  if (data.retrieverFraction !== undefined && data.retrieverFraction >= data.trainingFraction) {
    yield problem(
      "retrieverFraction",
      `training lists come after this part and before ${data.trainingFraction} (data.trainingFraction), so it must be smaller`,
    );
  }
}
