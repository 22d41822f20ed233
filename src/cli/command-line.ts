/** Runs a command line from its words to its exit code: every error ends here. */
import { type Command, CommanderError } from "commander";
import { nearestName } from "../text/nearest-name.ts";
import { createProgram } from "./goalrank-program.ts";
import { quoteCommand } from "./quote-command.ts";
import { say } from "./terminal/say.ts";

/** Sets the exit code of the process. Mistakes of the caller are told in one line each, defects with their stack. */
export async function runCommandLine(words: readonly string[]): Promise<void> {
  endQuietlyOnClosedPipes();
  const program = await createProgram(`goalrank ${quoteCommand(words)}`, words);
  try {
    await program.parseAsync(words, { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return;
    // Only here, since it knows the errors of all parts, and so loads them.
    const { describeError, exitCodeOf } = await import("./exit-codes.ts");
    const lines = error instanceof CommanderError ? describeMistake(error, program, words) : describeError(error);
    for (const line of lines) say(line);
    process.exitCode = exitCodeOf(error);
  }
}

/** What is wrong with the words themselves. */
function describeMistake(error: CommanderError, program: Command, words: readonly string[]): string[] {
  // Help that nobody asked for is printed already.
  if (error.code === "commander.help") return [];
  const line = error.message.trim().replaceAll(/\s*\n\s*/g, " ");
  return [`${line}${suggestion(error, program, words)}`];
}

/** What an unknown flag or command was probably meant to be. */
function suggestion({ code, message }: CommanderError, program: Command, words: readonly string[]): string {
  const unknown = /'([^'=]*)/.exec(message)?.[1];
  const command = program.commands.find((own) => words.includes(own.name())) ?? program;
  const choices: Readonly<Record<string, readonly string[]>> = {
    "commander.unknownCommand": program.commands.map((own) => own.name()),
    "commander.unknownOption": command.options.flatMap(({ long }) => long ?? []),
  };
  const nearest = unknown === undefined ? undefined : nearestName(unknown, choices[code] ?? []);
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
