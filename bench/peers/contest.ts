/** One workload, all contenders: answers are checked first, then turns alternate, so that noise hits all alike. */
import { setTimeout as pause } from "node:timers/promises";
import { type Quartiles, quartilesOf } from "../measure/quantiles.ts";
import { describeLossError } from "../measure/training-step.ts";
import { answersOf, type Contender, greetingOf } from "./contender.ts";
import type { Greeting, Reply, Request } from "./protocol.ts";
import { type TimeRuns, takeSample, warmUp } from "./sampling.ts";
import { describeKernelError, probesOf, type Workload } from "./workloads.ts";

/** A started contender, in this process or in one of its own. */
export interface Entrant {
  readonly name: string;
  /** Undefined where that is left to the contender. */
  readonly threads: number | undefined;
  readonly greeting: Greeting;
  /** @throws Error with what the contender says when it cannot answer */
  ask(request: Request): Promise<Reply>;
}

/** A contender in this process. */
export function enter(name: string, contender: Contender): Entrant {
  return { name, threads: undefined, greeting: greetingOf(contender), ask: answersOf(contender) };
}

export interface ContestResult {
  readonly workload: Workload;
  readonly entrant: Entrant;
  /** Seconds per run, or why there are none. */
  readonly outcome: Quartiles | string;
}

/** Until the third of the losses that implementations agree on. */
const TRAINING_STEPS = 13;
/** Milliseconds between turns, for threads of the last contender that still spin. */
const PAUSE = 20;

const takesPart = ({ greeting }: Entrant, workload: Workload) =>
  "kernel" in workload ? greeting.kernels.includes(workload.kernel) : greeting.trains;

/** Prepares the workload; the answer says what is wrong with the results, or is undefined. */
async function findFault({ ask }: Entrant, workload: Workload): Promise<string | undefined> {
  if ("kernel" in workload) {
    const { kernel, inputs } = workload;
    const { values } = await ask({ kernel, inputs, probes: probesOf(workload) });
    return describeKernelError(workload, values ?? []);
  }
  const { losses = [] } = await ask({ trainingSteps: TRAINING_STEPS });
  return describeLossError({ loss1: losses[0], loss3: losses[2], loss13: losses[12] });
}

/** One contender's turns at a workload. */
class Turns {
  readonly samples: number[] = [];
  private readonly time: TimeRuns = async (runs) => {
    const { seconds } = await this.entrant.ask({ runs });
    if (seconds === undefined) throw new Error("expected seconds as the answer to a request for runs");
    return seconds;
  };
  private failure: string | undefined;
  private perRun = 0;

  constructor(
    readonly entrant: Entrant,
    private readonly workload: Workload,
  ) {}

  prepare(): Promise<void> {
    return this.attempt(async () => {
      const fault = await findFault(this.entrant, this.workload);
      if (fault !== undefined) throw new Error(`wrong, so not timed: ${fault}`);
      this.perRun = await warmUp(this.time);
    });
  }

  sample(): Promise<void> {
    return this.attempt(async () => {
      await pause(PAUSE);
      this.samples.push(await takeSample(this.time, this.perRun));
    });
  }

  get outcome(): Quartiles | string {
    return this.failure ?? quartilesOf(this.samples);
  }

  /** Once something failed, nothing more is tried. */
  private async attempt(action: () => Promise<void>): Promise<void> {
    if (this.failure !== undefined) return;
    await action().catch((error: unknown) => {
      this.failure = error instanceof Error ? error.message : String(error);
    });
  }
}

/** Takes `samples` of every contender that has the workload. */
export async function hold(
  workload: Workload,
  entrants: readonly Entrant[],
  samples: number,
): Promise<ContestResult[]> {
  const contenders = entrants
    .filter((entrant) => takesPart(entrant, workload))
    .map((entrant) => new Turns(entrant, workload));
  for (const contender of contenders) await contender.prepare();
  for (let round = 0; round < samples; round++) {
    for (const contender of contenders) await contender.sample();
  }
  return contenders.map(({ entrant, outcome }) => ({ workload, entrant, outcome }));
}
