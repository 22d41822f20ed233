/** The command `goalrank export`: a trained ranker as files that other programs read. */
import { join } from "node:path";
import { Command, Option } from "commander";
import { readRankerFile } from "../../ranker/load-ranker.ts";
import { RankerFileError } from "../../ranker/ranker-file.ts";
import { EXPORT_FILES, EXPORT_FORMATS, type ExportFormat, exportFiles } from "../export/export-files.ts";
import { writeFolder } from "../export/write-folder.ts";
import { UsageError } from "../usage-error.ts";
import { programVersion } from "../versions.ts";

interface ExportOptions {
  readonly method?: string;
  readonly out: string;
  readonly format: ExportFormat;
  readonly force: boolean;
  readonly json: boolean;
}

const EXAMPLES = `
Examples:
  $ goalrank export runs/first --out exported
  $ goalrank export runs/first --out exported --format onnx --force
  $ goalrank export ranker.safetensors --out exported --format onnx

The folder's README.md holds programs in JavaScript and in Python that rank with the ONNX models.`;

export function exportCommand(): Command {
  return new Command("export")
    .argument("<run>", "a run's folder, or a ranker's file")
    .option("--method <name>", "of a run's folder, a method other than the deployed one")
    .requiredOption("--out <folder>", "the folder to write, new or empty")
    .addOption(new Option("--format <format>", "what to write").choices(EXPORT_FORMATS).default("all"))
    .option("--force", "replace the files of an earlier export", false)
    .option("--json", "print what was written as JSON", false)
    .addHelpText("after", EXAMPLES)
    .action(exportRanker);
}

async function exportRanker(run: string, { method, out, format, force, json }: ExportOptions): Promise<void> {
  const bytes = await readRankerFile(run, method).catch((error: Error) => {
    throw new UsageError(`${run}: ${error.message}`);
  });
  const { ranker, files } = await exportFiles(bytes, format, programVersion()).catch((error: Error) => {
    const isOfRanker = error instanceof RankerFileError || error instanceof RangeError;
    throw isOfRanker ? new UsageError(`${run}: ${error.message}`) : error;
  });
  await writeFolder(out, files, EXPORT_FILES, force);
  const written = [...files].map(([name, content]) => ({ file: join(out, name), bytes: Buffer.byteLength(content) }));
  if (json) console.log(JSON.stringify({ fingerprint: ranker.fingerprint, written }));
  else for (const { file, bytes } of written) console.log(`${file}  ${formatBytes(bytes)}`);
}

function formatBytes(bytes: number): string {
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
