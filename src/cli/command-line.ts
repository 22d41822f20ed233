/** Runs a command line from its words to its exit code: every error ends here. */
import { type Command, CommanderError } from "commander";
import { oneLine } from "../text/excerpt.ts";
import { nearestName } from "../text/nearest-name.ts";
import { ConfigurationError } from "./configuration/problems.ts";
import { EXIT, exitCodeOf, isCallerMistake } from "./exit-codes.ts";
import { createProgram } from "./program.ts";
import { type ProgramContext, quoteCommand } from "./program-context.ts";

/** Sets the exit code of the process. Mistakes of the caller are told in one line each, defects with their stack. */
export async function runCommandLine(
  words: readonly string[],
  context: Partial<ProgramContext> = {},
): Promise<void> {
  endQuietlyOnClosedPipes();
  const program = createProgram({
    command: `goalrank ${quoteCommand(words)}`,
    resume: "goalrank train all --resume",
    ...context,
  });
  try {
    await program.parseAsync(words, { from: "user" });
  } catch (error) {
    for (const line of describe(error, program, words)) process.stderr.write(`${line}\n`);
    process.exitCode = exitCodeOf(error);
  }
}

function describe(error: unknown, program: Command, words: readonly string[]): readonly string[] {
  if (error instanceof CommanderError) {
    if (error.exitCode === EXIT.done || error.code === "commander.help") return [];
    const line = error.message.trim().replaceAll(/\s*\n\s*/g, " ");
    return [`${line}${suggestion(error, program, words)}`];
  }
  if (error instanceof ConfigurationError) return error.problems.map((problem) => `error: ${problem}`);
  if (isCallerMistake(error)) return [`error: ${oneLine(error.message)}`];
  return [error instanceof Error ? (error.stack ?? error.message) : String(error)];
}

/** What an unknown flag or command was probably meant to be. */
function suggestion({ code, message }: CommanderError, program: Command, words: readonly string[]): string {
  const unknown = /'([^']*)'/.exec(message)?.[1];
  if (unknown === undefined) return "";
  if (code === "commander.unknownCommand")
    return meant(
      unknown,
      program.commands.map((command) => command.name()),
    );
  if (code !== "commander.unknownOption") return "";
  const command = program.commands.find((own) => words.includes(own.name())) ?? program;
  return meant(
    unknown.split("=")[0],
    command.options.flatMap(({ long }) => long ?? []),
  );
}

function meant(name: string, choices: readonly string[]): string {
  const nearest = nearestName(name, choices);
  return nearest === undefined ? "" : `; did you mean ${nearest}?`;
}

/** A reader that has seen enough, such as `head`, is no error. */
function endQuietlyOnClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    if (!stream.listeners("error").includes(endQuietly)) stream.on("error", endQuietly);
  }
}

function endQuietly(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
  process.exit();
}
