/** The configuration that `goalrank init` writes: what was guessed, with comments that say how to correct it. */
import { basename, extname } from "node:path";
import { stringify } from "yaml";
import type { TextEncodingName } from "../../data/settings.ts";
import { HEAD_ROWS, type LogGuess } from "./guess.ts";
import { FIELDS } from "./guess-columns.ts";

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

export function writeConfiguration(guess: LogGuess, { log, schema, titles }: ConfigurationPlaces): string {
  const { small } = guess;
  const name = basename(log.replace(/\.gz$/i, ""));
  const rows = guess.head.isWhole ? "its rows" : `its first ${HEAD_ROWS.toLocaleString("en-US")} rows`;
  return `# yaml-language-server: $schema=${schema}
#
# Settings of goalrank for ${basename(log)}, guessed from ${rows}: correct what is wrong.
# What is not here has its default; docs/configuration.md has all settings, and so has \`goalrank train --help-all\`.

seed: 1        # of every random choice
device: auto   # cpu, webgpu, or auto: a GPU if there is one, else the CPU

data:
  file: ${scalar(log)}
  format: ${guess.head.format}   # movielens, csv, tsv or parquet
${[...delimiterLines(guess), ...columnLines(guess)].map((line) => `  ${line}\n`).join("")}
  # Feedback of at least this much is a positive.
  positiveThreshold: ${guess.threshold.threshold}   # ${guess.threshold.reason}

  # Written by \`goalrank prepare\`, read by \`goalrank train\`.
  prepared: ${scalar(`${basename(name, extname(name))}.goalrank`)}

  # Users and items with fewer interactions are left out${small === undefined ? "; lower it for a small log" : ""}.
  core: ${small?.core ?? 20}

  # The test: each user's last list (last-list), or the first list of each user after one time for all (global-time).
  split: last-list

  # Candidates of a list: what was shown and the retriever's best of the rest (injected), the retriever's best
  # alone (retrieved), or what the log names (logged).
  protocol: ${guess.hasCandidates ? "logged" : "injected"}

${sizeLines(guess)}${titles === undefined ? "" : titleLines(titles)}
# What came out best on MovieLens-1M and KuaiRand-Pure (docs/experiments.md): a generator that imitates the log's
# positives is what the reward model and GoalRank start from.
experiment:
  methods: [prm, imitation, goalrank]  # what is trained; all but goalrank are for comparison
  generatorEvaluatorLists: [20, 100]   # so are these
  generatorStart: imitation
  imitation: positives
  policyRequests: 10000
  reward:
    contextLayers: 1
    start: imitation
    members: 2
    mixedLists: 2
    policyLists: 4
  groups:
    imitation: positives
  feedbackTraining: { epochs: 2, batchSize: 128, learningRate: 0.003 }
  imitationTraining: { epochs: 3, batchSize: 128, learningRate: 0.003 }
  rewardTraining: { epochs: 2, batchSize: 128, learningRate: 0.003 }
  policyTraining: { epochs: 1, batchSize: 64, learningRate: 0.001 }
`;
}

function delimiterLines({ head: { format, delimiter = "," } }: LogGuess): string[] {
  return format === "csv" && delimiter !== "," ? [`delimiter: ${scalar(delimiter)}`] : [];
}

function columnLines({ head, columns, otherFeedback }: LogGuess): string[] {
  if (head.format === "movielens") return [];
  const lines = FIELDS.flatMap((field) => {
    const column = columns[field];
    if (column !== undefined) return [`  ${field}: ${scalar(column)}`];
    const isOptional = field === "list" || field === "position";
    return isOptional ? [] : [`  ${field}: ?   # not found: one of the columns above`.replace("?", '"?"')];
  });
  const others = otherFeedback.length === 0 ? [] : [`  # Also possible as feedback: ${otherFeedback.join(", ")}`];
  return [`# The log has ${head.columns.join(", ")}`, "columns:", ...lines, ...others];
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

function sizeLines({ small }: LogGuess): string {
  if (small !== undefined) return `  candidateCount: ${small.candidateCount}   # of a list\n`;
  return [
    "  # The retriever learns from this first part of each user's interactions, and the models from lists after it.",
    "  retrieverFraction: 0.5",
    "",
    "  # Lists to train and to test on, drawn with the seed; leave them out for all.",
    "  maxLists: 10000",
    "  maxTestLists: 3000",
    "",
  ].join("\n");
}
