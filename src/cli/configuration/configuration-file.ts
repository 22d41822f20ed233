/** A configuration file: YAML, of which JSON is a part. Knows the line of every key. */
import { readFileSync, statSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from "yaml";
import { changePaths } from "../../run/folder/path-settings.ts";
import { formatPath } from "../../settings/check-settings.ts";
import { isRecord, type Path } from "../../settings/json-schema.ts";
import { ConfigurationError } from "./configuration-error.ts";
import type { Layer } from "./merge-settings.ts";

/** A guard against a log that is given as a configuration. */
const MAX_BYTES = 1 << 20;
/** Of keys and lists inside of each other; settings have less than ten. */
const MAX_DEPTH = 50;
const TOO_DEEP = "keys and lists lie too deeply inside of each other";

/** @throws ConfigurationError with file and line for a file that cannot be read, or is no mapping of keys to values */
export function readConfigurationFile(file: string): Layer {
  return parseConfiguration(readText(file), file);
}

/**
 * The settings in the text of `file`, whose folder its paths are relative to.
 * @throws ConfigurationError with file and line for what is no mapping of keys to values
 */
export function parseConfiguration(text: string, file: string): Layer {
  const lines = new LineCounter();
  const document = parsedDocument(text, file, lines);
  const [problem] = [...document.errors, ...document.warnings];
  if (problem !== undefined) {
    throw mistake(`${file}:${lines.linePos(problem.pos[0]).line}`, problem.message.split("\n")[0]);
  }
  let values: unknown;
  try {
    values = document.toJS({ maxAliasCount: 100 }) ?? {};
    // An alias may lie within what it stands for, which has no end.
    JSON.stringify(values);
  } catch (error) {
    throw mistake(file, (error as Error).message.split("\n")[0]);
  }
  if (isDeeperThan(MAX_DEPTH, values)) throw mistake(file, TOO_DEEP);
  if (!isRecord(values)) throw mistake(`${file}:1`, "expected keys and values, such as `seed: 1`");
  return {
    // Paths in a file are relative to its folder.
    values: changePaths(values, (path) => (path === "" || isAbsolute(path) ? path : join(dirname(file), path))),
    place: (path) => `${file}:${lines.linePos(offsetOf(document, path)).line}: ${formatPath(path)}`,
  };
}

function parsedDocument(text: string, file: string, lineCounter: LineCounter): Document {
  try {
    return parseDocument(text, { lineCounter, prettyErrors: false, logLevel: "error" });
  } catch (error) {
    // The parser calls itself for every level.
    throw error instanceof RangeError ? mistake(file, TOO_DEEP) : error;
  }
}

function isDeeperThan(most: number, value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return most === 0 || Object.values(value).some((part) => isDeeperThan(most - 1, part));
}

function readText(file: string): string {
  try {
    if (statSync(file).size > MAX_BYTES) throw mistake(file, "too large for a configuration");
    return readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof ConfigurationError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw mistake(file, code === "ENOENT" ? "there is no such file" : message);
  }
}

function mistake(place: string, problem: string): ConfigurationError {
  return new ConfigurationError([`${place}: ${problem}`]);
}

/** Where in the text the key at `path` stands, or the last key on the way to it that is there. */
function offsetOf(document: Document, path: Path): number {
  let node: unknown = document.contents;
  let offset = 0;
  for (const key of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key));
      if (!isScalar(pair?.key)) break;
      offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(key)];
      offset = (node as { range?: readonly number[] } | undefined)?.range?.[0] ?? offset;
    } else break;
  }
  return offset;
}
