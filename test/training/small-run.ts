/** A run of two small trainings in a folder, which can be interrupted anywhere and goes on when it is called again. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { encodeSafetensors, type StateDict } from "../../src/nn/index.ts";
import { RunFolder } from "../../src/run/folder/run-folder.ts";
import type { CheckpointStore } from "../../src/training/checkpoint.ts";
import { combineListeners, type TrainingListener } from "../../src/training/listener.ts";
import type { TrainingOptions } from "../../src/training/options.ts";
import { train } from "../../src/training/trainer.ts";
import { smallTask } from "./small-task.ts";

export const STAGES = ["first", "second model"];

export interface SmallRunSettings {
  readonly options: TrainingOptions;
  /** Told of every step, validation and saved checkpoint right before and right after the run notes it. */
  readonly onEvent?: (event: string, when: "before" | "after") => void;
  readonly signal?: AbortSignal;
  readonly warn?: (message: string) => void;
  readonly listener?: TrainingListener;
}

/** What a run came to, to the bit. */
export interface SmallRunResult {
  /** Digest of each stage's final weights. */
  readonly weights: Readonly<Record<string, string>>;
  readonly metrics: string;
}

/** Starts a run in `path`, or goes on with the one that is there. */
export async function trainSmallRun(path: string, settings: SmallRunSettings): Promise<SmallRunResult> {
  const { options, onEvent = () => {}, signal, warn, listener } = settings;
  using run = existsSync(path) ? RunFolder.open(path) : RunFolder.create(path, { options });
  const listeners = [run.listener, ...(listener === undefined ? [] : [listener])];
  const context = {
    listener: watchedListener(combineListeners(listeners), onEvent),
    checkpoints: watchedStore(run.checkpoints("small data", warn), onEvent),
    signal,
  };
  const states: [string, StateDict][] = [];
  for (const stage of STAGES) {
    const task = smallTask(stage);
    try {
      await train(task, options, context);
      states.push([stage, await task.model.stateDict()]);
    } finally {
      for (const model of [task.model, ...(task.companions?.values() ?? [])]) model.dispose();
    }
  }
  run.writeWeights(new Map(states));
  run.finish({});
  const digests = states.map(([stage, state]) => [stage, digest(encodeSafetensors(state))]);
  return { weights: Object.fromEntries(digests), metrics: readFileSync(join(path, "metrics.jsonl"), "utf8") };
}

function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function watchedListener(
  listener: TrainingListener,
  onEvent: NonNullable<SmallRunSettings["onEvent"]>,
): TrainingListener {
  const around = (event: string, report: () => void) => {
    onEvent(event, "before");
    report();
    onEvent(event, "after");
  };
  return {
    begin: (...event) => listener.begin(...event),
    step: (stage, step, metrics) => {
      around(`${stage}: step ${step}`, () => listener.step(stage, step, metrics));
    },
    validation: (stage, step, metrics) => {
      around(`${stage}: validation ${step}`, () => listener.validation?.(stage, step, metrics));
    },
    end: (...event) => listener.end(...event),
  };
}

function watchedStore(store: CheckpointStore, onEvent: NonNullable<SmallRunSettings["onEvent"]>): CheckpointStore {
  return {
    load: (stage) => store.load(stage),
    async save(stage, checkpoint) {
      const event = `${stage}: checkpoint ${checkpoint.step}`;
      onEvent(event, "before");
      await store.save(stage, checkpoint);
      onEvent(event, "after");
    },
  };
}
