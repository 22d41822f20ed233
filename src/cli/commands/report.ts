/** `goalrank report`: a run as one HTML page. */
import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { Command } from "commander";
import { writeWhole } from "../../files/write-whole.ts";
import { renderReport } from "../../report/page.ts";
import { readRun } from "../../report/read-run.ts";
import { refuseFinal } from "../../run/folder/final-record.ts";
import { UsageError } from "../usage-error.ts";

interface ReportOptions {
  readonly out?: string;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  $ goalrank report runs/first                       # writes runs/first/report.html
  $ goalrank report runs/first --out first.html

The page holds everything that it shows: it can be mailed, and opens without a network. Of a run that is not finished it
shows what is there.`;

export function reportCommand(): Command {
  return new Command("report")
    .argument("<run>", "folder of a run")
    .option("--out <file>", "the page to write (default: report.html in the run's folder)")
    .option("--json", "print what was written as JSON")
    .addHelpText("after", EXAMPLES)
    .action(writeReport);
}

function writeReport(run: string, { out = join(run, "report.html"), json }: ReportOptions): void {
  refuseFinal(run, "report");
  const page = renderReport(readRun(run));
  if (!existsSync(dirname(out))) throw new UsageError(`${out}: there is no folder ${dirname(out)}`);
  if (existsSync(out) && statSync(out).isDirectory()) {
    throw new UsageError(`${out}: this is a folder; name a file with --out`);
  }
  writeWhole(out, page);
  const bytes = Buffer.byteLength(page);
  console.log(json === true ? JSON.stringify({ file: out, bytes }) : `${out}  ${Math.ceil(bytes / 1e3)} kB`);
}
