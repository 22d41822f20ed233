/** The configuration that `goalrank init` writes: what was guessed, with comments that say how to correct it. */
import { basename } from "node:path";
import { stringify } from "yaml";
import { nameOfLog } from "../../data/readers/input-files.ts";
import type { TextEncodingName } from "../../data/settings.ts";
import type { LogGuess } from "./guess.ts";
import { FIELDS, type Field, NONE, type Question } from "./guess-columns.ts";
import { DRAWN_LISTS, type Reasoned } from "./guess-sizes.ts";

export interface ConfigurationPlaces {
  /** The log, relative to the folder of the configuration. */
  readonly log: string;
  /** The JSON schema, relative to the same folder. */
  readonly schema: string;
  /** MovieLens' table of titles, where it lies beside the log. */
  readonly titles: TitleTable | undefined;
}

export interface TitleTable {
  /** Relative to the log. */
  readonly file: "movies.dat" | "movies.csv";
  readonly encoding: TextEncodingName;
}

/** Text as YAML has it: quoted where it must be. */
const scalar = (value: string | number) => stringify(value).trimEnd();

/** Settings for a log whose columns are yet to be named. */
const UNKNOWN = { core: 20, listLength: 6, candidateCount: 50, protocol: "retrieved", split: "global-time" } as const;

export function writeConfiguration(guess: LogGuess, { log, schema, titles }: ConfigurationPlaces): string {
  return `# yaml-language-server: $schema=${schema}
#
# Settings of goalrank for ${basename(log)}, guessed from ${describeSample(guess)}: correct what is wrong.
# What is not here has its default; docs/configuration.md has all settings, and so has \`goalrank train --help-all\`.

seed: 1        # of every random choice
device: auto   # cpu, webgpu, or auto: a GPU if there is one, else the CPU

data:
${indented([...readingLines(guess, log), "", ...thresholdLines(guess)])}

  # Written by \`goalrank prepare\`, read by \`goalrank train\`.
  prepared: ${scalar(`${nameOfLog(log)}.goalrank`)}

${indented(sizeLines(guess))}
${titles === undefined ? "" : titleLines(titles)}
# Widths, budgets and losses have defaults that came out best on logs (docs/experiments.md), others for retrieved
# candidates than for injected ones; docs/configuration.md names them all.
experiment:
  methods: [prm, imitation, goalrank]  # what is trained; all but goalrank are for comparison
  generatorEvaluatorLists: [20, 100]   # so are these
`;
}

/** What the guesses come from. */
export function describeSample({ head, sample }: LogGuess): string {
  const count = (sample.rows === 0 ? head.rows.length : sample.rows).toLocaleString("en-US");
  const isWhole = sample.rows === 0 ? head.isWhole : sample.isWhole;
  return isWhole ? `all of its ${count} rows` : `its first ${count} rows`;
}

function indented(lines: readonly string[]): string {
  return lines.map((line) => (line === "" ? "" : `  ${line}`)).join("\n");
}

/** What is to be corrected, above the setting that it is about. */
function questionLines({ questions }: LogGuess, about: Question["about"]): string[] {
  return questions.filter((own) => own.about === about).map(({ text }) => `# To be corrected: ${text}`);
}

function readingLines(guess: LogGuess, log: string): string[] {
  const { head, known, decimal, timestampFormat, feedbackValues } = guess;
  const { format, delimiter = ",", encoding } = head;
  const values = feedbackValues && Object.entries(feedbackValues).map(([word, weight]) => `${scalar(word)}: ${weight}`);
  return [
    ...questionLines(guess, "format"),
    `file: ${scalar(log)}`,
    `format: ${format}${known === undefined ? "" : `   # of ${known.title}`}`,
    ...(format === "csv" && delimiter !== "," ? [`delimiter: ${scalar(delimiter)}`] : []),
    ...(encoding === "utf-8" ? [] : [`encoding: ${encoding}   # some of the log is not UTF-8`]),
    ...(decimal === "." ? [] : [`decimal: ${scalar(decimal)}   # numbers are written as 3,5`]),
    ...columnLines(guess),
    ...questionLines(guess, "timestampFormat"),
    ...(timestampFormat === undefined ? [] : [`timestampFormat: ${scalar(timestampFormat)}`]),
    ...questionLines(guess, "feedbackValues"),
    ...(values === undefined ? [] : [`feedbackValues: { ${values.join(", ")} }`]),
  ];
}

function columnLines(guess: LogGuess): string[] {
  const { head, columns } = guess;
  if (head.format === "movielens" || head.isKnown === true) return [];
  const value = (name: string) => (head.hasHeader || name === NONE ? scalar(name) : name);
  const lines = FIELDS.flatMap((field) => {
    const name = columns[field];
    const asked = questionLines(guess, field);
    if (name !== undefined) return [...asked, `${field}: ${value(name)}`];
    return isOptional(field) ? asked : [...asked, `${field}: "?"   # not found: one of the columns above`];
  });
  const there = head.hasHeader
    ? `# The log has ${head.columns.join(", ")}`
    : `# The log has no header; its first line is ${head.rows[0].join(", ").slice(0, 200)}`;
  return [there, "columns:", ...lines.map((line) => `  ${line}`)];
}

const isOptional = (field: Field) =>
  field !== "user" && field !== "item" && field !== "feedback" && field !== "timestamp";

function thresholdLines(guess: LogGuess): string[] {
  const { threshold, reason } = guess.threshold;
  return [
    "# Feedback of at least this much is a positive.",
    ...questionLines(guess, "positiveThreshold"),
    `positiveThreshold: ${threshold}   # ${reason}`,
  ];
}

/** A setting with the reason for it. */
function reasoned(key: string, { value, reason }: Reasoned<string | number | boolean>): string {
  return `${key}: ${value}   # ${reason}`;
}

function sizeLines({ sizes }: LogGuess): string[] {
  const guessed = (key: keyof typeof UNKNOWN) =>
    sizes === undefined
      ? `${key}: ${UNKNOWN[key]}   # the default: correct what is above, and run init again`
      : reasoned(key, sizes[key]);
  return [
    ...(sizes?.dedupe === undefined
      ? []
      : ["# One of the rows that are written twice.", reasoned("dedupe", sizes.dedupe), ""]),
    "# Users and items with fewer interactions are left out.",
    guessed("core"),
    "",
    "# Items of a list.",
    guessed("listLength"),
    "",
    "# The test: each user's last list (last-list), or the first list of each user after one time for all (global-time).",
    guessed("split"),
    "",
    "# Candidates of a list: what was shown and the retriever's best of the rest (injected), the retriever's best",
    "# alone (retrieved), or what the log names (logged).",
    guessed("protocol"),
    guessed("candidateCount"),
    ...(sizes?.repeats === undefined
      ? []
      : ["", "# What users met stays a candidate.", reasoned("repeats", sizes.repeats)]),
    ...(sizes?.isLarge === false ? [] : largeLines()),
  ];
}

function largeLines(): string[] {
  return [
    "",
    "# The retriever learns from this first part of each user's interactions, and the models from lists after it.",
    "retrieverFraction: 0.5",
    "",
    "# Lists to train and to test on, drawn with the seed; leave them out for all.",
    `maxLists: ${DRAWN_LISTS}`,
    "maxTestLists: 3000",
  ];
}

function titleLines({ file, encoding }: TitleTable): string {
  const layout =
    file === "movies.dat" ? "format: movielens, columns: [item, title, genres], key: item" : "key: movieId";
  const written = encoding === "utf-8" ? "" : `, encoding: ${encoding}`;
  return (
    "  # What the items are called, for reports.\n" +
    `  itemFeatures: { file: ${file}, ${layout}, title: title${written} }\n`
  );
}
