/** One configuration out of files, environment and flags: merged, checked, with its defaults filled in. */
import { extname } from "node:path";
import { QUERY_DEFAULTS } from "../../data/queries/prepare-queries.ts";
import { type InteractionSource, isImplicit, resolveReading } from "../../data/readers/reading.ts";
import { isQueryFormat, LOG_FORMATS, type LogFormat, QUERY_FORMATS, type QueryFormat } from "../../data/settings.ts";
import { PAPER_RUN } from "../../run/preset.ts";
import { logDefaults, QUERY_RUN } from "../../run/settings.ts";
import { formatPath, type Problem, problemsOf } from "../../settings/check-settings.ts";
import { isRecord, valueAt } from "../../settings/json-schema.ts";
import { ConfigurationError } from "./configuration-error.ts";
import {
  type Configuration,
  configurationSchema,
  publishedSchema,
  QUERY_KEYS,
  WORLD_KEYS,
} from "./configuration-schema.ts";
import { interactionSource } from "./library-options.ts";
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
  const given = withFormat(parse(merged, layers), layers);
  const isOfQueries = isQueryFormat(given.data.format);
  const configuration = withUsual(given, merged, layers);
  const isGiven = (key: string) => valueAt(["data", key], merged) !== undefined;
  const contradictions = [...dataContradictions(configuration, isGiven), ...rivalContradictions(configuration)];
  if (contradictions.length > 0) throw problemsAt(layers, contradictions);
  return isOfQueries || isGiven("positiveThreshold") ? configuration : withThreshold(configuration);
}

function parse(merged: unknown, layers: readonly Layer[]): Configuration {
  const parsed = configurationSchema.safeParse(merged);
  if (parsed.success) return parsed.data;
  throw problemsAt(layers, problemsOf(parsed.error, publishedSchema, merged));
}

/** What a preset, or else logs or queries with grades, have for defaults, under what is set. */
function withUsual(given: Configuration, merged: unknown, layers: readonly Layer[]): Configuration {
  const { file, format, protocol } = given.data;
  const { preset } = given.experiment;
  if (file === undefined)
    return preset === undefined ? given : parse(mergeSettings({ experiment: PAPER_RUN }, merged), layers);
  const ofData = isQueryFormat(format)
    ? { data: { listLength: QUERY_DEFAULTS.listLength }, experiment: QUERY_RUN }
    : { experiment: logDefaults(protocol) };
  const usual = preset === undefined ? ofData : { ...ofData, experiment: PAPER_RUN };
  return parse(mergeSettings(mergeSettings(usual, merged), { data: { format } }), layers);
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
  // Files of the replaced log for validation and test are none of the next one.
  const { scenario: _, file: __, validationFile: ___, testFile: ____, ...log } = below.data;
  const namesWorld = isSet(layer, ["data", "scenario"]) && below.data.file !== undefined;
  const world = Object.entries(below.data).filter(([key]) => WORLD_KEYS.includes(key));
  if (namesWorld) return { ...below, data: Object.fromEntries(world) };
  return isSet(layer, ["data", "file"]) ? { ...below, data: log } : below;
}

const FORMAT_OF_ENDING: Readonly<Record<string, LogFormat | QueryFormat>> = {
  ".dat": "movielens",
  ".csv": "csv",
  ".tsv": "tsv",
  ".parquet": "parquet",
  ".jsonl": "jsonl",
  ".ndjson": "jsonl",
  ".inter": "recbole",
  ".letor": "letor",
  ".svmlight": "letor",
  ".libsvm": "letor",
};

/** The format of the log by the ending of its name, where it is not set: that of any text with a delimiter is `csv`. */
function withFormat(configuration: Configuration, layers: readonly Layer[]): Configuration {
  const { file, format, delimiter } = configuration.data;
  if (file === undefined || format !== undefined) return configuration;
  const ending = extname(file.replace(/\.(gz|zst)$/i, "")).toLowerCase();
  const own = FORMAT_OF_ENDING[ending];
  const found = delimiter !== undefined && (own === undefined || own === "movielens") ? "csv" : own;
  if (found === undefined) {
    const problem = `the ending of "${file}" tells no format; set data.format (--format) to one of ${[...LOG_FORMATS, ...QUERY_FORMATS].join(", ")}`;
    throw problemsAt(layers, [{ path: ["data", "file"], problem }]);
  }
  return { ...configuration, data: { ...configuration.data, format: found } };
}

/** Where every interaction counts 1, every one is a positive. */
function withThreshold(configuration: Configuration): Configuration {
  const { data } = configuration;
  const isOfOnes = data.file !== undefined && isImplicit(interactionSource(data.file, configuration));
  return isOfOnes ? { ...configuration, data: { ...data, positiveThreshold: 1 } } : configuration;
}

/**
 * Settings of the data that do not go together, each placed at the key that is to be changed: found before any work is
 * done. Those of a run are found by its schema.
 * @param isGiven whether a key of `data` was set, by a file or a flag, and is not merely a default
 */
function* dataContradictions(configuration: Configuration, isGiven: (key: string) => boolean): Generator<Problem> {
  const { data } = configuration;
  const at = (key: string, problem: string): Problem => ({ path: ["data", ...key.split(".")], problem });
  if (data.file !== undefined && data.scenario !== undefined) {
    yield at("scenario", "there is a log already, data.file; leave out one of them");
  }
  if (data.file === undefined) {
    const ofLog = Object.keys(data).filter((key) => !WORLD_KEYS.includes(key) && isGiven(key));
    const problem = "this is of a log, and there is none; name one with data.file (--data FILE)";
    for (const key of ofLog) yield at(key, problem);
    return;
  }
  if (isQueryFormat(data.format)) {
    const ofLog = Object.keys(data).filter((key) => !QUERY_KEYS.includes(key) && isGiven(key));
    const problem = `this is of a log of interactions, and the format ${data.format} is of queries; leave it out`;
    for (const key of ofLog) yield at(key, problem);
    if (data.format !== "letor" && isGiven("queryFile")) yield at("queryFile", "only the format letor has one");
    return;
  }
  if (isGiven("queryFile")) yield at("queryFile", `only the format letor has one, and the format is ${data.format}`);
  const { format, columns, protocol, listLength, candidateCount, validationFile, testFile } = data;
  const { retrieverFraction = 0, trainingFraction } = data;
  if (validationFile !== undefined && testFile === undefined) {
    yield at("validationFile", "a validation file needs a test file: name one in data.testFile (--test-file FILE)");
  }
  if (format === "movielens" && isGiven("timestampFormat")) {
    yield at("timestampFormat", "the times of a movielens log are numbers; leave it out");
  }
  if (format !== "csv" && isGiven("delimiter")) {
    yield at("delimiter", `only the format csv has one, and the format is ${format}`);
  }
  if (columns.position !== undefined && columns.list === undefined) {
    yield at("columns.position", "places in lists need columns.list");
  } else {
    yield* readingContradictions(interactionSource(data.file, configuration), at);
  }
  if (protocol === "logged" && columns.list === undefined) {
    yield at("protocol", "logged candidates need a log that carries lists: name its column in columns.list");
  }
  if (candidateCount < listLength) {
    yield at("candidateCount", `a list of ${listLength} needs as many candidates; raise it, or lower data.listLength`);
  }
  // By time the part before the test is divided once more, by the same fraction.
  const end = data.split === "global-time" && testFile === undefined ? trainingFraction ** 2 : trainingFraction;
  if (validationFile === undefined && retrieverFraction >= end) {
    const problem =
      `training lists come after this part and before ${Number(end.toFixed(4))} of the log (data.trainingFraction), ` +
      "so it must be smaller";
    yield at("retrieverFraction", problem);
  }
}

/** Scores of another ranker are lined up with the documents of files. */
function* rivalContradictions({ data, experiment: { rival } }: Configuration): Generator<Problem> {
  if (rival === undefined) return;
  if (!isQueryFormat(data.format)) {
    const problem = `its scores are of queries with features: data.format must be one of ${QUERY_FORMATS.join(", ")}`;
    yield { path: ["experiment", "rival"], problem };
    return;
  }
  for (const split of ["validation", "test"] as const) {
    if (rival[split] === undefined || data[`${split}File`] !== undefined) continue;
    const problem =
      `scores need a file of queries to be lined up with, and those for ${split} are drawn from data.file: name one in ` +
      `data.${split}File (--${split}-file FILE)`;
    yield { path: ["experiment", "rival", split], problem };
  }
}

/** What makes no sense of how a log is read. */
function* readingContradictions(
  source: InteractionSource,
  at: (key: string, problem: string) => Problem,
): Generator<Problem> {
  try {
    resolveReading(source);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    yield at("columns", error.message.replace(/^columns: /, ""));
  }
}
