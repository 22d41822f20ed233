/**
 * Decodes Parquet in a process of its own. A Parquet file tells its reader how much to expect: a few changed bytes make a
 * run of a thousand million values, and the decoder, which believes them, asks for more memory than there is. That ends
 * a process in a way that no program can catch. Here it ends one that is there for nothing else, and becomes an error.
 */
import { type ChildProcess, fork } from "node:child_process";
import { resolve as resolvePath } from "node:path";
import { fileURLToPath } from "node:url";
import type { DecodedArray } from "hyparquet";
import type { ParquetAnswer, ParquetDescription, ParquetTask } from "./parquet-process.ts";

/** Of JavaScript values; a column of a row group takes 8 to 200 bytes a row. */
const MEMORY_MEGABYTES = 1024;
/** What any answer may take, on a machine that has much else to do too, and what each megabyte of the file adds. */
const BASE_SECONDS = 120;
const SECONDS_PER_MEGABYTE = 1;

/** A file that the decoder cannot decode. */
export class ParquetError extends Error {
  override readonly name = "ParquetError";
}

export class ParquetDecoder {
  private process: ChildProcess | undefined;
  private limitSeconds: number;
  /** Files are read one after another. */
  private queue: Promise<unknown> = Promise.resolve();

  /** @param baseSeconds what any answer may take: two minutes unless given */
  constructor(private readonly baseSeconds = BASE_SECONDS) {
    this.limitSeconds = baseSeconds;
  }

  /**
   * Calls `read` while no other file is read with this decoder.
   * @throws what `read` throws
   */
  inTurn<Result>(read: () => Promise<Result>): Promise<Result> {
    const turn = this.queue.then(read);
    this.queue = turn.catch(() => {});
    return turn;
  }

  /** @throws ParquetError when `file` is no Parquet file */
  open(file: string, bytes: number): Promise<ParquetDescription> {
    this.limitSeconds = Math.ceil(this.baseSeconds + (SECONDS_PER_MEGABYTE * bytes) / 1e6);
    return this.ask({ kind: "open", file: resolvePath(file) });
  }

  /**
   * The first `count` values of a column in row group `group` of the open file.
   * @throws ParquetError when they cannot be decoded
   */
  readColumn(group: number, column: string, count: number): Promise<DecodedArray> {
    return this.ask({ kind: "column", group, column, count });
  }

  /** Ends the process; the next file starts another. */
  close(): void {
    this.process?.kill("SIGKILL");
    this.process = undefined;
  }

  private ask<Result>(task: ParquetTask): Promise<Result> {
    this.process ??= start();
    const { process: decoder, limitSeconds } = this;
    return new Promise((resolve, reject) => {
      const finish = (answer: ParquetAnswer) => {
        clearTimeout(timer);
        decoder.removeAllListeners();
        // While it waits it does not keep the program alive. Bun's channels never do, and have no such functions.
        decoder.unref();
        decoder.channel?.unref?.();
        if ("problem" in answer) reject(new ParquetError(answer.problem));
        else resolve(answer.result as Result);
      };
      const giveUp = (problem: string) => {
        this.close();
        finish({ problem });
      };
      const timer = setTimeout(() => giveUp(`decoding takes longer than ${limitSeconds} seconds`), 1000 * limitSeconds);
      decoder.once("message", (answer: ParquetAnswer) => finish(answer));
      decoder.once("error", (error) => giveUp(`the decoder failed: ${error.message}`));
      decoder.once("exit", () => {
        giveUp(`decoding takes more than ${MEMORY_MEGABYTES} MB of memory; write smaller row groups`);
      });
      decoder.ref();
      decoder.channel?.ref?.();
      decoder.send(task);
    });
  }
}

function start(): ChildProcess {
  // The extension is this file's own, whether it was compiled or not.
  const own = fileURLToPath(import.meta.url);
  const program = own.replace(/parquet-decoder(?=\.\w+$)/, "parquet-process");
  return fork(program, {
    serialization: "advanced",
    // What a process prints when its memory runs out is of no use to anyone.
    stdio: ["ignore", "ignore", "ignore", "ipc"],
    env: { ...process.env, NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ""} --max-old-space-size=${MEMORY_MEGABYTES}` },
  });
}
