/**
 * Lets libraries that are written for browsers start workers in Node. They hand the text of a script to
 * `new Worker(URL.createObjectURL(new Blob([text])))`, where Node takes the path of a file. So a blob becomes a file,
 * and its URL the path of that file, in this thread and in the workers.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker as NodeWorker } from "node:worker_threads";

/** Blobs that are posted to a worker arrive there as plain objects with this path. */
interface ScriptFile {
  readonly path: string;
}

const CREATE_OBJECT_URL_IN_WORKER = "URL.createObjectURL = (file) => file.path; URL.revokeObjectURL = () => {};\n";

/** Replaces `Blob` and object URLs for good. @param prologue put before every script */
export function turnBlobsIntoFiles(prologue: string): void {
  const folder = mkdtempSync(join(tmpdir(), "worker-scripts-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  let count = 0;
  class ScriptBlob implements ScriptFile {
    readonly path = join(folder, `${count++}.cjs`);
    constructor(parts: readonly string[]) {
      writeFileSync(this.path, CREATE_OBJECT_URL_IN_WORKER + prologue + parts.join(""));
    }
  }
  const createObjectURL = ({ path }: ScriptFile) => path;
  Object.assign(globalThis, { Blob: ScriptBlob });
  Object.assign(URL, { createObjectURL, revokeObjectURL: () => undefined });
}

/** What a script of a `WebWorker` finds: `self`, `postMessage`, and messages at `onmessage`. */
export const WEB_WORKER_PROLOGUE = `const { parentPort } = require("node:worker_threads");
globalThis.self = globalThis;
globalThis.postMessage = (data) => parentPort.postMessage(data);
parentPort.on("message", (data) => globalThis.onmessage({ data }));
`;

/** A browser's `Worker`, as far as needed, of a script in a file. It does not keep the process alive. */
export class WebWorker {
  onmessage: ((event: { data: unknown }) => void) | undefined;
  onerror: ((error: Error) => void) | undefined;
  private readonly thread: NodeWorker;

  constructor(path: string) {
    this.thread = new NodeWorker(path, { execArgv: [] });
    this.thread.unref();
    this.thread.on("message", (data) => this.onmessage?.({ data }));
    this.thread.on("error", (error) => this.onerror?.(error));
  }

  postMessage(data: unknown): void {
    this.thread.postMessage(data);
  }
}
