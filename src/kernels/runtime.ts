/**
 * What is used of the program's surroundings, Node or a browser. Node's modules are asked for by name where they exist,
 * not imported, so that a browser can load this code.
 */

interface NodeWorker {
  unref(): void;
  terminate(): Promise<number>;
}

interface BrowserWorker {
  postMessage(data: unknown): void;
  terminate(): void;
}

/** Node's modules by name: the part of them that is used. */
interface NodeModules {
  readonly os: { availableParallelism(): number };
  readonly worker_threads: {
    readonly Worker: new (source: string, options: { readonly eval: true; readonly workerData: unknown }) => NodeWorker;
  };
  readonly child_process: {
    spawnSync(
      command: string,
      options: readonly string[],
      settings: { readonly encoding: "utf8"; readonly timeout: number },
    ): { readonly status: number | null; readonly stdout: string };
  };
}

interface Host {
  readonly process?: {
    readonly env: Readonly<Record<string, string | undefined>>;
    readonly execPath: string;
    getBuiltinModule?<Name extends keyof NodeModules>(name: Name): NodeModules[Name];
  };
  readonly navigator?: { readonly hardwareConcurrency?: number; readonly gpu?: GPU };
  readonly Worker?: new (address: string) => BrowserWorker;
  readonly document?: unknown;
}

export const host = globalThis as unknown as Host;

/** A module of Node, or undefined elsewhere. */
export function nodeModule<Name extends keyof NodeModules>(name: Name): NodeModules[Name] | undefined {
  return host.process?.getBuiltinModule?.(name);
}
