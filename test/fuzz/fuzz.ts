/**
 * Feeds a reader thousands of inputs that are almost right. Each must give a value that holds what it promises, or the
 * reader's own error with a message of one line; nothing else, within a time and within a memory.
 */
import fc from "fast-check";

/** A reader, and what it is fed with. */
export interface FuzzReader {
  readonly name: string;
  readonly inputs: fc.Arbitrary<Uint8Array>;
  /**
   * Reads an input.
   * @throws one of `refusals`, or anything else for a value that does not hold what it promises
   */
  read(input: Uint8Array): Promise<void>;
  readonly refusals: readonly (abstract new (...values: never[]) => Error)[];
  /** Lets go of files and processes. */
  close?(): void;
}

export interface FuzzOptions {
  readonly count: number;
  readonly seed: number;
}

export interface FuzzResult {
  readonly reader: string;
  readonly inputs: number;
  readonly accepted: number;
  readonly refused: number;
  /** How many messages there were that differ in more than names and numbers. */
  readonly messages: number;
  readonly slowestMilliseconds: number;
  /** By how much the process grew at most, after the first tenth of the inputs. */
  readonly grownMegabytes: number;
  readonly seconds: number;
  /** The first input that broke a rule, made as small as possible. */
  readonly failure: string | undefined;
}

/** Inputs have some ten thousand bytes at most, and other programs may run beside this one. */
export const MAX_SECONDS = 150;
export const MAX_GROWN_MEGABYTES = 512;
/** Longer messages are no messages. */
const MAX_MESSAGE = 2000;

/** Runs `reader` on inputs that depend on the seed alone. */
export async function fuzz(reader: FuzzReader, { count, seed }: FuzzOptions): Promise<FuzzResult> {
  const started = performance.now();
  const messages = new Set<string>();
  const memory = new MemoryWatch(count);
  let inputs = 0;
  let accepted = 0;
  let slowest = 0;
  const property = fc.asyncProperty(reader.inputs, async (input) => {
    inputs++;
    const start = performance.now();
    const refusal = await refusalOf(reader, input);
    slowest = Math.max(slowest, performance.now() - start);
    if (slowest > 1000 * MAX_SECONDS) throw new Error(`reading took ${slowest} ms`);
    memory.look();
    if (refusal === undefined) accepted++;
    else messages.add(withoutNames(refusal));
  });
  const outcome = await fc.check(property, { seed, numRuns: count, endOnFailure: false });
  const failure = outcome.failed ? describeFailure(outcome) : memory.problem();
  return {
    reader: reader.name,
    inputs,
    accepted,
    refused: inputs - accepted,
    messages: messages.size,
    slowestMilliseconds: slowest,
    grownMegabytes: memory.grownMegabytes,
    seconds: (performance.now() - started) / 1000,
    failure,
  };
}

/** The message with which an input is refused, undefined when it is accepted. Anything else is thrown. */
async function refusalOf(reader: FuzzReader, input: Uint8Array): Promise<string | undefined> {
  let error: unknown;
  try {
    await reader.read(input);
    return undefined;
  } catch (reason) {
    error = reason;
  }
  if (!(error instanceof Error) || !reader.refusals.some((kind) => error instanceof kind)) throw error;
  const { message } = error;
  if (/[\r\n]/.test(message)) throw new Error(`a message of several lines: ${JSON.stringify(message)}`);
  if (message === "" || message.length > MAX_MESSAGE) {
    throw new Error(`a message of ${message.length} characters: ${message.slice(0, 300)}`);
  }
  return message;
}

/** What all messages of a kind have in common. */
function withoutNames(message: string): string {
  return message
    .replaceAll(/"(?:[^"\\]|\\.)*"/g, '"…"')
    .replaceAll(/\/[^\s:]+/g, "…")
    .replaceAll(/-?\d[\d.e+]*/g, "N")
    .slice(0, 60);
}

/** How the process grows. What the first inputs load and compile is no growth. */
class MemoryWatch {
  private seen = 0;
  private before = 0;
  private most = 0;

  constructor(private readonly count: number) {}

  get grownMegabytes(): number {
    return Math.max(0, this.most - this.before) / 1e6;
  }

  look(): void {
    this.seen++;
    if (this.seen % 200 !== 0) return;
    const now = process.memoryUsage.rss();
    if (this.seen <= this.count / 10) this.before = Math.max(this.before, now);
    else this.most = Math.max(this.most, now);
  }

  problem(): string | undefined {
    if (this.grownMegabytes <= MAX_GROWN_MEGABYTES || this.before === 0) return undefined;
    return `the process grew by ${this.grownMegabytes.toFixed(0)} MB`;
  }
}

function describeFailure({
  counterexample,
  errorInstance,
  numRuns,
  counterexamplePath,
}: fc.RunDetails<[Uint8Array]>): string {
  const [input] = counterexample ?? [];
  const bytes = Buffer.from(input ?? []);
  const problem = errorInstance instanceof Error ? errorInstance.stack : String(errorInstance);
  return (
    `input ${numRuns} (path ${counterexamplePath}): ${problem}\n${bytes.length} bytes, of which the first are\n` +
    `${JSON.stringify(bytes.subarray(0, 300).toString("latin1"))}`
  );
}
