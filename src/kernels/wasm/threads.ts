/**
 * Threads that share the items of kernel calls. A call is cut into pieces, which the calling thread and the others
 * claim one by one until none is left: a thread that comes late, or not at all, costs nothing but its help.
 */
import { host, nodeModule } from "../runtime.ts";

/** Where things lie in the words that the threads share. */
const LAYOUT = {
  /** Counts the calls; threads sleep on it. */
  call: 0,
  /** The next piece (low half) and the number of pieces (high half). Changing both at once makes a claim safe. */
  claim: 1,
  /** Pieces that are not done; the calling thread sleeps on it. */
  remaining: 2,
  /** Whether a kernel has failed on another thread. */
  failed: 3,
  /** What to run: number, address and length of the kernel's bytes, of its arguments, of its items. */
  kernel: 4,
  codeAddress: 5,
  codeLength: 6,
  argumentCount: 7,
  items: 8,
  itemsPerPiece: 9,
  words: 16,
} as const;

const MAXIMUM_ARGUMENTS = 48;
/**
 * How often a thread looks for the next call before it sleeps: some 150 microseconds, in which a training step has the
 * next call ready. A thread that sleeps sooner is woken on a core that is taken, and comes too late to help.
 */
const PATIENCE = 20_000;
/** Pieces for each thread, so that they end at about the same time. */
const PIECES_PER_THREAD = 4;

type Run = (...values: number[]) => void;

interface Shared {
  readonly memory: WebAssembly.Memory;
  readonly control: SharedArrayBuffer;
  readonly layout: typeof LAYOUT;
  readonly patience: number;
}

/**
 * What a thread does, for ever. Its text is sent there, so it can name nothing outside of itself and contain no
 * function.
 */
function serve({ memory, control, layout, patience }: Shared): void {
  const words = new Int32Array(control, 0, layout.words);
  const values = new Float64Array(control, 4 * layout.words);
  const compiled = new Map<number, Run>();
  for (;;) {
    const call = Atomics.load(words, layout.call);
    for (;;) {
      const claim = Atomics.load(words, layout.claim);
      const piece = claim & 0xffff;
      if (piece >= claim >>> 16) break;
      if (Atomics.compareExchange(words, layout.claim, claim, claim + 1) !== claim) continue;
      // From here until the piece is counted as done, the call cannot change.
      try {
        const kernel = words[layout.kernel];
        let run = compiled.get(kernel);
        if (run === undefined) {
          const code = new Uint8Array(memory.buffer, words[layout.codeAddress], words[layout.codeLength]);
          const module = new WebAssembly.Module(code.slice());
          run = new WebAssembly.Instance(module, { host: { memory } }).exports.run as Run;
          compiled.set(kernel, run);
        }
        const first = piece * words[layout.itemsPerPiece];
        const last = Math.min(words[layout.items], first + words[layout.itemsPerPiece]);
        run(...values.subarray(0, words[layout.argumentCount]), first, last);
      } catch {
        Atomics.store(words, layout.failed, 1);
      }
      if (Atomics.sub(words, layout.remaining, 1) === 1) Atomics.notify(words, layout.remaining);
    }
    for (let look = 0; look < patience && Atomics.load(words, layout.call) === call; look++);
    Atomics.wait(words, layout.call, call);
  }
}

interface Thread {
  terminate(): void;
}

/**
 * Starts a thread that calls the function of one argument whose text is `source`; undefined where there are no threads.
 * It does not keep the process alive.
 */
function startThread(source: string, argument: unknown): Thread | undefined {
  const threads = nodeModule("worker_threads");
  if (threads !== undefined) {
    const text = `(${source})(require("node:worker_threads").workerData)`;
    const worker = new threads.Worker(text, { eval: true, workerData: argument });
    worker.unref();
    return { terminate: () => void worker.terminate() };
  }
  if (host.Worker === undefined) return undefined;
  const text = `onmessage = ({ data }) => (${source})(data)`;
  const worker = new host.Worker(URL.createObjectURL(new Blob([text], { type: "text/javascript" })));
  worker.postMessage(argument);
  return worker;
}

/** A compiled kernel, and its bytes for the threads that have not compiled it yet. */
export interface SharedKernel {
  readonly name: string;
  readonly number: number;
  readonly codeAddress: number;
  readonly codeLength: number;
  readonly run: Run;
}

export class ThreadPool {
  private readonly control = new SharedArrayBuffer(4 * LAYOUT.words + 8 * MAXIMUM_ARGUMENTS);
  private readonly words = new Int32Array(this.control, 0, LAYOUT.words);
  private readonly values = new Float64Array(this.control, 4 * LAYOUT.words);
  private threads: Thread[] | undefined;

  /** @param count threads, the calling one included */
  constructor(
    private readonly memory: WebAssembly.Memory,
    private readonly count: number,
  ) {}

  /** Runs the kernel on items 0 to `items` - 1, in pieces of multiples of `itemsTogether`. */
  run(kernel: SharedKernel, values: readonly number[], items: number, itemsTogether: number): void {
    this.threads ??= this.start();
    const { words } = this;
    const groups = Math.ceil(items / itemsTogether);
    const itemsPerPiece = itemsTogether * Math.ceil(groups / (PIECES_PER_THREAD * this.count));
    const pieces = Math.ceil(items / itemsPerPiece);
    if (values.length > MAXIMUM_ARGUMENTS) {
      throw new RangeError(`cpu: kernel ${kernel.name} takes more than ${MAXIMUM_ARGUMENTS} arguments`);
    }
    this.values.set(values);
    words[LAYOUT.kernel] = kernel.number;
    words[LAYOUT.codeAddress] = kernel.codeAddress;
    words[LAYOUT.codeLength] = kernel.codeLength;
    words[LAYOUT.argumentCount] = values.length;
    words[LAYOUT.items] = items;
    words[LAYOUT.itemsPerPiece] = itemsPerPiece;
    Atomics.store(words, LAYOUT.remaining, pieces);
    Atomics.store(words, LAYOUT.claim, pieces << 16);
    Atomics.add(words, LAYOUT.call, 1);
    Atomics.notify(words, LAYOUT.call);
    try {
      this.help(kernel, values, items, itemsPerPiece);
    } finally {
      this.waitForOthers();
    }
    if (Atomics.exchange(words, LAYOUT.failed, 0) === 1) {
      throw new Error(`cpu: kernel ${kernel.name} failed on another thread`);
    }
  }

  /** Ends the threads. */
  destroy(): void {
    for (const thread of this.threads ?? []) thread.terminate();
    this.threads = undefined;
  }

  private start(): Thread[] {
    const { memory, control } = this;
    const shared: Shared = { memory, control, layout: LAYOUT, patience: PATIENCE };
    const started = Array.from({ length: this.count - 1 }, () => startThread(serve.toString(), shared));
    return started.filter((thread) => thread !== undefined);
  }

  /** Takes pieces on the calling thread until none is left. */
  private help(kernel: SharedKernel, values: readonly number[], items: number, itemsPerPiece: number): void {
    const { words } = this;
    for (;;) {
      const claim = Atomics.load(words, LAYOUT.claim);
      const piece = claim & 0xffff;
      if (piece >= claim >>> 16) return;
      if (Atomics.compareExchange(words, LAYOUT.claim, claim, claim + 1) !== claim) continue;
      const first = piece * itemsPerPiece;
      try {
        kernel.run(...values, first, Math.min(items, first + itemsPerPiece));
      } finally {
        Atomics.sub(words, LAYOUT.remaining, 1);
      }
    }
  }

  /** Sleeps where this thread may: the main thread of a browser may not. */
  private waitForOthers(): void {
    const { words } = this;
    for (let look = 0; ; look++) {
      const remaining = Atomics.load(words, LAYOUT.remaining);
      if (remaining === 0) return;
      if (look >= PATIENCE && host.document === undefined) Atomics.wait(words, LAYOUT.remaining, remaining);
    }
  }
}
