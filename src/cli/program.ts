/** The commands of `goalrank`. */
import { Command } from "commander";
import { doctorCommand } from "./commands/doctor.ts";
import { evaluateCommand } from "./commands/evaluate.ts";
import { experimentCommand } from "./commands/experiment.ts";
import { exportCommand } from "./commands/export.ts";
import { initCommand } from "./commands/init.ts";
import { prepareCommand } from "./commands/prepare.ts";
import { rankCommand } from "./commands/rank.ts";
import { reportCommand } from "./commands/report.ts";
import { schemaCommand } from "./commands/schema.ts";
import { serveCommand } from "./commands/serve.ts";
import { trainCommand } from "./commands/train.ts";
import type { ProgramContext } from "./program-context.ts";
import { programVersion } from "./versions.ts";

const EXAMPLES = `
From a log to a served ranker:
  $ goalrank init ratings.csv
  $ goalrank prepare
  $ goalrank train all --out runs/first
  $ goalrank report runs/first
  $ goalrank serve runs/first

Exit codes: 0 done; 1 a defect of the program; 2 a mistake in arguments, configuration or data; 130 interrupted.`;

export function createProgram(context: ProgramContext): Command {
  const program = new Command("goalrank")
    .description("Train and serve list-wise rankers: GoalRank (arXiv 2509.22046) in pure TypeScript.")
    .version(programVersion(), "-V, --version", "print the version")
    .addHelpText("after", EXAMPLES);
  const commands = [
    doctorCommand(),
    initCommand(),
    prepareCommand(),
    trainCommand(context),
    evaluateCommand(),
    rankCommand(),
    serveCommand(),
    reportCommand(),
    exportCommand(),
    experimentCommand(),
    schemaCommand(),
  ];
  for (const command of commands) program.addCommand(command);
  for (const command of [program, ...program.commands]) quietly(command);
  return program;
}

/** Errors are thrown, for one place to print them. */
function quietly(command: Command): void {
  command
    .exitOverride()
    .allowExcessArguments(false)
    .showSuggestionAfterError(false)
    .configureOutput({ outputError: () => {} });
}
