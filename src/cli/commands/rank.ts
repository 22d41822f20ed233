/** Requests as lines of JSON in, lists with scores out: `goalrank rank`. */
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { Command, Option } from "commander";
import { DEVICE_NAMES, type DeviceName } from "../../kernels/index.ts";
import { loadRanker } from "../../ranker/load-ranker.ts";
import { RankRequestError } from "../../ranker/requests.ts";
import { retrievalWarning } from "../../ranker/retrieval-warning.ts";
import { answerLines, formatJson, formatText } from "../rank/answer-lines.ts";
import { readLines } from "../rank/read-lines.ts";
import { UsageError } from "../usage-error.ts";

interface RankOptions {
  readonly in?: string;
  readonly method?: string;
  readonly device: DeviceName;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  $ echo '{"user": "42"}' | goalrank rank runs/first
  $ echo '{"history": ["1193", "661"], "candidates": ["914", "3408", "2355"], "length": 2}' | goalrank rank runs/first
  $ goalrank rank runs/first --in requests.jsonl > lists.jsonl

A request may hold user, history, candidates, length and constraints (docs/serving.md), and an id that comes back with
the answer. A request that cannot be answered gives a line with its error, and the exit code 2 at the end.
`;

/** Bytes of one request. */
const MOST_BYTES = 1 << 20;

export function rankCommand(): Command {
  return new Command("rank")
    .argument("<run>", "folder of a trained run, or a ranker's file")
    .option("--method <name>", "of a run's folder, a method other than the deployed one")
    .option("--in <file>", "file of requests (default: standard input)")
    .addOption(
      new Option("--device <name>", "where to compute")
        .choices([...DEVICE_NAMES])
        .default("cpu")
        .env("GOALRANK_DEVICE"),
    )
    .option("--json", "lines of JSON on a terminal too")
    .addHelpText("after", EXAMPLES)
    .action(rankRequests);
}

async function rankRequests(run: string, options: RankOptions): Promise<void> {
  const ranker = await loadRanker(run, { device: options.device, method: options.method });
  try {
    const warning = retrievalWarning(ranker.description);
    if (warning !== undefined) console.error(`note: ${warning}`);
    const isForPeople = options.json !== true && process.stdout.isTTY;
    if (options.in === undefined && process.stdin.isTTY) console.error("requests, one JSON object a line; Ctrl-D ends");
    const input = options.in === undefined ? process.stdin : createReadStream(options.in);
    let refused = 0;
    let answered = 0;
    for await (const lines of readLines(input, MOST_BYTES)) {
      for await (const answer of answerLines(ranker, lines)) {
        if (answer.outcome instanceof RankRequestError) refused++;
        else answered++;
        await write(`${isForPeople ? formatText(answer, ranker) : formatJson(answer)}\n`);
      }
    }
    if (refused > 0) {
      throw new UsageError(
        `${refused} of ${refused + answered} requests could not be answered; their lines in the output say why`,
      );
    }
  } finally {
    ranker.dispose();
  }
}

/** Waits where the reader of the output is slower. */
async function write(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, "drain");
}
