/** A contender in a process of its own, which lives on between its turns (see protocol.ts). */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Greeting, Reply, Request } from "./protocol.ts";

/** Milliseconds for one answer; the slowest are those to a request for training. */
const PATIENCE = 300_000;
/** Of what a process writes to standard error, only the end is kept. */
const KEPT_NOTES = 4_000;

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

export class ContenderProcess {
  private readonly lines: AsyncIterator<string>;
  private notes = "";

  private constructor(
    private readonly child: ChildProcessWithoutNullStreams,
    private readonly patience: number,
  ) {
    this.lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.notes = (this.notes + text).slice(-KEPT_NOTES);
    });
    // A process that ended is noticed when its answer does not come.
    child.stdin.on("error", () => undefined);
    child.on("error", ({ message }) => {
      this.notes += message;
    });
  }

  /** @throws Error when the process does not greet */
  static async start(
    { program, args, environment }: Command,
    patience = PATIENCE,
  ): Promise<{ process: ContenderProcess; greeting: Greeting }> {
    const child = spawn(program, args, { env: { ...process.env, ...environment } });
    const started = new ContenderProcess(child, patience);
    return { process: started, greeting: (await started.nextLine()) as Greeting };
  }

  /** @throws Error with what the contender says when it cannot answer, or ends, or takes minutes */
  async ask(request: Request): Promise<Reply> {
    this.child.stdin.write(`${JSON.stringify(request)}\n`);
    const reply = (await this.nextLine()) as Reply;
    if (reply.error !== undefined) throw new Error(reply.error);
    return reply;
  }

  /** Lets it clean up after itself and end. */
  stop(): void {
    this.child.stdin.end();
  }

  private async nextLine(): Promise<unknown> {
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<never>((_, reject) => {
      const error = new Error(`no answer for ${this.patience / 1e3} seconds`);
      timer = setTimeout(() => {
        this.child.kill();
        reject(error);
      }, this.patience);
    });
    try {
      const { value, done } = await Promise.race([this.lines.next(), tooLate]);
      if (done) throw new Error(`its process ended: ${this.lastNote()}`);
      return JSON.parse(value);
    } finally {
      clearTimeout(timer);
    }
  }

  /** The line of standard error that most likely says why. */
  private lastNote(): string {
    const lines = this.notes.trim().split("\n");
    return lines.findLast((line) => /error/i.test(line))?.trim() ?? lines.at(-1) ?? "it said nothing";
  }
}
