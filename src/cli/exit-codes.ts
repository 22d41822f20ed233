/**
 * How `goalrank` ends: 0 done; 1 a defect of the program; 2 a mistake of the caller, in arguments, configuration or data,
 * or something that the system refused; 130 interrupted by Ctrl-C, 143 by SIGTERM.
 */
import { CommanderError } from "commander";
import { DataError } from "../data/errors.ts";
import { OutOfMemoryError } from "../kernels/index.ts";
import { NonFiniteError, SafetensorsError } from "../nn/index.ts";
import { RankerFileError } from "../ranker/ranker-file.ts";
import { RankRequestError } from "../ranker/requests.ts";
import { ReportError } from "../report/read-run.ts";
import { RunFolderError } from "../run/folder/run-folder-error.ts";
import { oneLine } from "../text/excerpt.ts";
import { CheckpointError } from "../training/checkpoint.ts";
import { TrainingInterrupted } from "../training/trainer.ts";
import { ConfigurationError } from "./configuration/configuration-error.ts";
import { UsageError } from "./usage-error.ts";

export const EXIT = { done: 0, defect: 1, mistake: 2, interrupted: 130 } as const;

/** Errors whose message tells the caller what to do. */
const CALLER_MISTAKES: readonly (abstract new (...values: never[]) => Error)[] = [
  CheckpointError,
  ConfigurationError,
  DataError,
  NonFiniteError,
  OutOfMemoryError,
  RangeError,
  RankerFileError,
  RankRequestError,
  ReportError,
  RunFolderError,
  SafetensorsError,
  UsageError,
];

/** Whether an error is to be told in one line, without a stack: a mistake, or what the system refused. */
function isCallerMistake(error: unknown): error is Error {
  // Such as a full disk, a folder that may not be written to, or a port in use.
  const isRefused = error instanceof Error && "syscall" in error && "code" in error;
  return isRefused || CALLER_MISTAKES.some((kind) => error instanceof kind);
}

/** The lines in which an error is told: a mistake of the caller in one each, a defect with its stack. */
export function describeError(error: unknown): readonly string[] {
  if (error instanceof ConfigurationError) return error.problems.map((problem) => `error: ${problem}`);
  if (isCallerMistake(error)) return [`error: ${oneLine(error.message)}`];
  return [error instanceof Error ? (error.stack ?? error.message) : String(error)];
}

/** The exit code for what ended the program. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.mistake;
  if (error instanceof TrainingInterrupted) return EXIT.interrupted;
  return isCallerMistake(error) ? EXIT.mistake : EXIT.defect;
}
