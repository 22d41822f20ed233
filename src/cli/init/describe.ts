/** What `goalrank init` prints: what was guessed, what is to be corrected, and what comes next. */
import { isQueryFormat } from "../../data/settings.ts";
import type { LogGuess } from "./guess.ts";
import { FIELDS } from "./guess-columns.ts";
import { describeSample } from "./write.ts";

/**
 * @param log the log as it was named
 * @param out the configuration that was written
 * @param config the flag that names it, with a blank before it; "" where no flag is needed
 */
export function describeGuess(guess: LogGuess, log: string, out: string, config: string): string {
  const { head, questions } = guess;
  const guesses = isQueryFormat(head.format)
    ? [`${log}: ${head.format}, queries whose candidates carry features and grades`]
    : describeGuesses(guess, log);
  return [
    ...guesses,
    ...questions.map(({ text }) => `to be corrected: ${text}`),
    `wrote ${out}`,
    "next:",
    ...(questions.length > 0 ? [`  correct ${out}`] : [`  look at ${out}, and correct what was guessed wrong`]),
    `  goalrank prepare${config}`,
    `  goalrank train all${config} --out runs/first`,
  ].join("\n");
}

function describeGuesses(guess: LogGuess, log: string): string[] {
  const { head, known, columns, threshold } = guess;
  const delimiter = head.delimiter === undefined ? "" : `, ${JSON.stringify(head.delimiter)} between fields`;
  const header = head.hasHeader ? "" : ", no header";
  const title = known === undefined ? "" : `, ${known.title}`;
  const named = FIELDS.flatMap((field) => (columns[field] === undefined ? [] : [`${field} ${columns[field]}`]));
  const isFixed = head.format === "movielens" || head.isKnown === true;
  return [
    `${log}: ${head.format}${delimiter}${header}${title}; guessed from ${describeSample(guess)}`,
    ...(isFixed ? [] : [`columns: ${named.join(", ")}`]),
    `positive: feedback of at least ${threshold.threshold} (${threshold.reason})`,
    ...describeSizes(guess),
  ];
}

function describeSizes({ sizes }: LogGuess): string[] {
  if (sizes === undefined) return [];
  const { core, listLength, protocol, split, dedupe, repeats } = sizes;
  return [
    `core: ${core.value} (${core.reason})`,
    `lists: of ${listLength.value} (${listLength.reason}); candidates ${protocol.value} (${protocol.reason}); test ${split.value} (${split.reason})`,
    ...(dedupe === undefined ? [] : [`dedupe: ${dedupe.value} (${dedupe.reason})`]),
    ...(repeats === undefined ? [] : [`repeats: ${repeats.value} (${repeats.reason})`]),
  ];
}
