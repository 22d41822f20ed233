/** The commands of `goalrank`, each of which is loaded when it is called. */
import { Command } from "commander";
import { programVersion } from "./versions.ts";

interface CommandEntry {
  /** What may follow its name, options alone unless given. */
  readonly usage?: string;
  readonly description: string;
  load(commandLine: string): Promise<Command>;
}

const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  doctor: {
    description: "check Node.js, packages, devices and drivers, with a short self-test",
    load: async () => (await import("./commands/doctor.ts")).doctorCommand(),
  },
  init: {
    usage: "[options] <log>",
    description: "write a commented configuration for a log",
    load: async () => (await import("./commands/init.ts")).initCommand(),
  },
  prepare: {
    description: "cut a log into lists with candidates, and report on it",
    load: async () => (await import("./commands/prepare.ts")).prepareCommand(),
  },
  train: {
    usage: "[options] [stage]",
    description: "train the models up to a stage: retriever, reward, generator or all",
    load: async (commandLine) => (await import("./commands/train.ts")).trainCommand(commandLine),
  },
  evaluate: {
    usage: "[options] <run>",
    description: "compare all methods on a trained run's test lists, with its weights",
    load: async () => (await import("./commands/evaluate.ts")).evaluateCommand(),
  },
  metrics: {
    usage: "[options] <files...>",
    description: "measure rankings that lie in files, whoever made them: TREC runs, or scores of queries with grades",
    load: async () => (await import("./commands/metrics.ts")).metricsCommand(),
  },
  rank: {
    usage: "[options] <run>",
    description: "answer requests: one JSON object a line in, one list a line out, as they come",
    load: async () => (await import("./commands/rank.ts")).rankCommand(),
  },
  serve: {
    usage: "[options] <run>",
    description: "answer requests over HTTP",
    load: async () => (await import("./commands/serve.ts")).serveCommand(),
  },
  "update-items": {
    usage: "[options] <run>",
    description: "add items to a trained ranker, or change their features, without training",
    load: async () => (await import("./commands/update-items.ts")).updateItemsCommand(),
  },
  report: {
    usage: "[options] <run>",
    description: "make one self-contained HTML page of a run: results, curves, groups, data",
    load: async () => (await import("./commands/report.ts")).reportCommand(),
  },
  lab: {
    usage: "[options] [run]",
    description: "open the interactive explainer: see a list-wise ranker learn, and touch every number",
    load: async () => (await import("./commands/lab.ts")).labCommand(),
  },
  export: {
    usage: "[options] <run>",
    description: "write a trained ranker as safetensors, as ONNX models for other runtimes, or both",
    load: async () => (await import("./commands/export.ts")).exportCommand(),
  },
  experiment: {
    usage: "[options] [names...]",
    description: "run the paper's experiments by name: tables, figures, theorem 1",
    load: async () => (await import("./commands/experiment.ts")).experimentCommand(),
  },
  schema: {
    description: "print the JSON schema of configuration files",
    load: async () => (await import("./commands/schema.ts")).schemaCommand(),
  },
};

const EXAMPLES = `
From a log to a served ranker:
  $ goalrank init ratings.csv
  $ goalrank prepare
  $ goalrank train all --out runs/first
  $ goalrank report runs/first
  $ goalrank serve runs/first

Exit codes: 0 done; 1 a defect of the program; 2 a mistake in arguments, configuration or data; 130 interrupted.`;

/** The program for a command line: the command that `words` call, or ask help for, is loaded; the others are listed. */
export async function createProgram(commandLine: string, words: readonly string[]): Promise<Command> {
  const program = new Command("goalrank")
    .description("Train and serve list-wise rankers: GoalRank (arXiv 2509.22046) in pure TypeScript.")
    .version(programVersion(), "-V, --version", "print the version")
    .configureHelp({ subcommandTerm: (command) => `${command.name()} ${command.usage()}` })
    .addHelpText("after", EXAMPLES);
  const [first, second] = words.filter((word) => !word.startsWith("-"));
  const called = first === "help" ? second : first;
  for (const [name, { usage = "[options]", description, load }] of Object.entries(COMMANDS)) {
    const command = name === called ? await load(commandLine) : new Command(name).usage(usage);
    program.addCommand(command.description(description));
  }
  // Errors are thrown, for one place to print them.
  for (const command of [program, ...program.commands]) {
    command
      .exitOverride()
      .allowExcessArguments(false)
      .showSuggestionAfterError(false)
      .configureOutput({ outputError: () => {} });
  }
  return program;
}
