/** One configuration out of files, environment and flags: merged, checked, with its defaults filled in. */
import { extname } from "node:path";
import { LOG_FORMATS, type LogFormat } from "../../data/settings.ts";
import { formatPath, type Problem, problemsOf } from "../../settings/explain-problems.ts";
import { isRecord, type Path, valueAt } from "../../settings/json-schema.ts";
import { ConfigurationError } from "./configuration-error.ts";
import {
  type Configuration,
  configurationSchema,
  publishedSchema,
  WORLD_KEYS,
} from "./configuration-schema.ts";
import { dataContradictions } from "./data-contradictions.ts";
import { isSet, type Layer, mergeSettings, placeOf } from "./merge-settings.ts";

/**
 * @param layers each goes over those before it
 * @throws ConfigurationError that names every mistake, with the file and line or the flag that it is in
 */
export function resolveConfiguration(layers: readonly Layer[]): Configuration {
  const merged = layers.reduce<unknown>(
    (below, layer) => mergeSettings(withoutReplacedSource(below, layer), layer.values),
    {},
  );
  const parsed = configurationSchema.safeParse(merged);
  if (!parsed.success) throw problemsAt(layers, problemsOf(parsed.error, publishedSchema, merged));
  const configuration = withFormat(parsed.data, layers);
  const isSetByUser = (path: Path) => valueAt(path, merged) !== undefined;
  const contradictions = [...dataContradictions(configuration, isSetByUser)];
  if (contradictions.length > 0) throw problemsAt(layers, contradictions);
  return configuration;
}

function problemsAt(layers: readonly Layer[], problems: readonly Problem[]): ConfigurationError {
  const lines = problems
    .map(({ path, problem }) => `${placeOf(layers, path) ?? formatPath(path)}: ${problem}`)
    .toSorted((a, b) => lineOf(a) - lineOf(b));
  // A flag may set several keys, each of which has the same mistake.
  return new ConfigurationError([...new Set(lines)]);
}

/** Of `goalrank.yaml:12: ...`; flags come before files. */
function lineOf(problem: string): number {
  return Number(/^[^\s]+:(\d+): /.exec(problem)?.[1] ?? 0);
}

/** A layer that names an embedded world replaces the log of those below with all that is said of it, and vice versa. */
function withoutReplacedSource(below: unknown, layer: Layer): unknown {
  if (!isRecord(below) || !isRecord(below.data)) return below;
  const { scenario: _, ...log } = below.data;
  const namesWorld = isSet(layer, ["data", "scenario"]) && below.data.file !== undefined;
  const world = Object.entries(below.data).filter(([key]) => WORLD_KEYS.includes(key));
  if (namesWorld) return { ...below, data: Object.fromEntries(world) };
  return isSet(layer, ["data", "file"]) ? { ...below, data: log } : below;
}

const FORMAT_OF_ENDING: Readonly<Record<string, LogFormat>> = {
  ".dat": "movielens",
  ".csv": "csv",
  ".tsv": "tsv",
  ".parquet": "parquet",
};

/** The format of the log by the ending of its name, where it is not set. */
function withFormat(configuration: Configuration, layers: readonly Layer[]): Configuration {
  const { file, format } = configuration.data;
  if (file === undefined || format !== undefined) return configuration;
  const found = FORMAT_OF_ENDING[extname(file.replace(/\.gz$/i, "")).toLowerCase()];
  if (found === undefined) {
    const problem = `the ending of "${file}" tells no format; set data.format (--format) to one of ${LOG_FORMATS.join(", ")}`;
    throw problemsAt(layers, [{ path: ["data", "file"], problem }]);
  }
  return { ...configuration, data: { ...configuration.data, format: found } };
}
