/** What a contender offers, kernels and training steps in its library's own way, and how it answers requests for them. */
import type { HostArray } from "../reference-data.ts";
import { drawInput, type Greeting, type KernelName, type Reply, type Request } from "./protocol.ts";
import { timeRuns } from "./sampling.ts";

/** A kernel with its inputs at hand, in the memory that the library computes in. */
export interface Computation {
  /** Computes the result once, completely, and drops it. */
  run(): void | Promise<void>;
  /** Computes the result once and reads it. */
  read(): Promise<ArrayLike<number>>;
}

export type PrepareKernel = (inputs: readonly HostArray[]) => Computation | Promise<Computation>;

export interface Contender {
  /** The library's name and version. */
  readonly version: string;
  readonly kernels: Readonly<Partial<Record<KernelName, PrepareKernel>>>;
  /** Makes the reference Transformer; each call of the result is one training step and returns its loss. */
  prepareTraining?(): () => Promise<number>;
}

/** @throws Error when the library is missing, or does not start with so many threads */
export type OpenContender = (threads: number) => Promise<Contender>;

export function greetingOf({ version, kernels, prepareTraining }: Contender): Greeting {
  return { version, kernels: Object.keys(kernels) as KernelName[], trains: prepareTraining !== undefined };
}

/** Answers requests, in this process. What was prepared last is what requests for runs run. */
export function answersOf(contender: Contender): (request: Request) => Promise<Reply> {
  let run: () => unknown = () => {
    throw new Error("nothing is prepared: ask for a kernel or for training first");
  };
  return async (request) => {
    if ("runs" in request) return { seconds: await timeRuns(run, request.runs) };
    if ("kernel" in request) {
      const prepare = contender.kernels[request.kernel];
      if (prepare === undefined) throw new Error(`${contender.version} has no ${request.kernel} here`);
      const computation = await prepare(request.inputs.map(drawInput));
      run = () => computation.run();
      const result = await computation.read();
      return { values: request.probes.map((index) => result[index]) };
    }
    if (contender.prepareTraining === undefined) throw new Error(`${contender.version} does not train here`);
    const step = contender.prepareTraining();
    run = step;
    const losses: number[] = [];
    for (let i = 0; i < request.trainingSteps; i++) losses.push(await step());
    return { losses };
  };
}
