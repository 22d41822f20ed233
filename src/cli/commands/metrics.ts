/** `goalrank metrics`: what rankings are worth that lie in files, whoever made them. */
import { basename } from "node:path";
import { Command } from "commander";
import { readLetor } from "../../data/queries/read-letor.ts";
import { readQrels, readScores, readTrecRun } from "../../data/trec/read-trec.ts";
import { type ExternalRow, externalTable, rowOfRun, rowOfScores } from "../../run/external-rankings.ts";
import { formatColumns } from "../../text/columns.ts";
import { say } from "../terminal/say.ts";
import { UsageError } from "../usage-error.ts";

interface MetricsOptions {
  readonly qrels?: string;
  readonly queries?: string;
  readonly k: string;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  $ goalrank evaluate runs/first --trec runs/first/trec      # our rankings of the test requests, and what was liked
  $ goalrank metrics --qrels runs/first/trec/qrels.txt theirs.run runs/first/trec/*.run
  $ goalrank metrics --queries test.txt xgboost.txt lambdamart.txt     # one score a line for each line of test.txt

Files of runs are lines of \`request Q0 document rank score tag\`, judgements of \`request 0 document grade\`. Requests of
the judgements that a run lacks count 0. A run's row stands beside the others' where the requests have the same names.`;

export function metricsCommand(): Command {
  return new Command("metrics")
    .argument("<files...>", "rankings: TREC runs, or files of scores")
    .option("--qrels <file>", "judgements of the runs' documents, in TREC's format")
    .option("--queries <file>", "queries with grades in LETOR's format, for files of one score a line")
    .option("--k <count>", "places that NDCG and H count", "10")
    .option("--json", "print the rows as one line of JSON")
    .addHelpText("after", EXAMPLES)
    .action(printMetrics);
}

async function printMetrics(
  files: readonly string[],
  { qrels, queries, k: text, json }: MetricsOptions,
): Promise<void> {
  const k = Number(text);
  if (!Number.isInteger(k) || k < 1) throw new UsageError(`metrics: --k must be a positive integer, got "${text}"`);
  if ((qrels === undefined) === (queries === undefined)) {
    throw new UsageError(
      "metrics: name what rankings are judged by: --qrels FILE for TREC runs, --queries FILE for scores",
    );
  }
  const rows = qrels === undefined ? await rowsOfScores(files, String(queries), k) : await rowsOfRuns(files, qrels, k);
  if (json === true) {
    console.log(JSON.stringify({ k, rows }));
    return;
  }
  console.log(formatColumns(externalTable(rows, k)));
  for (const { name, missing, unjudged, requests } of rows) {
    if (missing > 0) say(`${name}: ${missing} of ${requests} requests are not in it, and count 0`);
    if (unjudged > 0) say(`${name}: ${unjudged} requests of it are not judged, and are left out`);
  }
}

async function rowsOfRuns(files: readonly string[], qrels: string, k: number): Promise<ExternalRow[]> {
  const judgements = await readQrels(qrels);
  const rows: ExternalRow[] = [];
  for (const file of files) rows.push(rowOfRun(basename(file), await readTrecRun(file), judgements, k));
  return rows;
}

async function rowsOfScores(files: readonly string[], queries: string, k: number): Promise<ExternalRow[]> {
  const { table } = await readLetor(queries);
  const rows: ExternalRow[] = [];
  for (const file of files) {
    rows.push(rowOfScores(basename(file), await readScores(file, table.grades.length), table, k));
  }
  return rows;
}
