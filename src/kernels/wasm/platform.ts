/** What differs between Node and browsers: how threads are started, and how many there may be. */
import { host, nodeModule } from "../runtime.ts";

/** A started thread. */
export interface Thread {
  terminate(): void;
}

/** Cores that this process may use. */
export function coreCount(): number {
  return nodeModule("os")?.availableParallelism() ?? host.navigator?.hardwareConcurrency ?? 1;
}

/** The environment variable GOALRANK_THREADS. */
export function threadsSetting(): string | undefined {
  return host.process?.env.GOALRANK_THREADS;
}

/** Whether this thread may sleep: the main thread of a browser may not. */
export function canSleep(): boolean {
  return host.document === undefined;
}

/**
 * Starts a thread that calls the function of one argument whose text is `source`; undefined where there are no threads.
 * It does not keep the process alive.
 */
export function startThread(source: string, argument: unknown): Thread | undefined {
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
