/** Starts servers for tests: on any free port, with a ranker that does as it is told. */
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import { type RankServer, serve } from "../../src/server/serve.ts";
import { DEFAULT_SERVE, type ServeSettings } from "../../src/server/settings.ts";
import { isRecord } from "../../src/settings/json-schema.ts";
import type { FakeRanker } from "./fake-worker.ts";

/** The fake worker as plain JavaScript, which starts in a tenth of the time. */
function bundleFakeWorker(): string {
  const folder = mkdtempSync(join(tmpdir(), "goalrank-fake-worker-"));
  process.on("exit", () => rmSync(folder, { recursive: true }));
  const outfile = join(folder, "fake-worker.mjs");
  const entry = fileURLToPath(new URL("./fake-worker.ts", import.meta.url));
  buildSync({ entryPoints: [entry], outfile, bundle: true, platform: "node", format: "esm" });
  // What TypeScript needs to run, which processes that this one starts would take over.
  process.execArgv = [];
  return outfile;
}

const FAKE_WORKER = bundleFakeWorker();

const GATE = "gate";

/** Settings that differ from the defaults; those of a group one by one. */
export type SomeSettings = {
  readonly [Key in keyof ServeSettings]?: ServeSettings[Key] extends readonly unknown[]
    ? ServeSettings[Key]
    : ServeSettings[Key] extends object
      ? Partial<ServeSettings[Key]>
      : ServeSettings[Key];
};

/** Nothing happens because the machine is slow. */
const PATIENT: ServeSettings = {
  ...DEFAULT_SERVE,
  port: 0,
  workers: 1,
  watchMilliseconds: 0,
  queue: { milliseconds: 60_000, requests: 1024 },
  timeoutMilliseconds: 60_000,
  stuckMilliseconds: 60_000,
};

function settingsWith(some: SomeSettings): ServeSettings {
  const merged = Object.entries(some).map(([key, value]) => {
    const usual = PATIENT[key as keyof ServeSettings];
    return [key, isRecord(usual) ? { ...usual, ...(value as object) } : value];
  });
  return { ...PATIENT, ...Object.fromEntries(merged) };
}

/** A server whose workers are fake. */
export function startServer(
  source: string,
  settings: SomeSettings,
  { token, log = [] }: { readonly token?: string | undefined; readonly log?: string[] } = {},
): Promise<RankServer> {
  return serve({
    source,
    settings: settingsWith(settings),
    token,
    version: "1.2.3",
    log: { write: (line) => log.push(line) },
    workerEntry: FAKE_WORKER,
  });
}

export interface TestServerOptions {
  readonly ranker?: FakeRanker;
  readonly settings?: SomeSettings;
  readonly token?: string;
  /** Whether nothing is ranked before the test opens the gate. */
  readonly isGated?: boolean;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever comes
  readonly body: any;
}

export class TestServer {
  private constructor(
    readonly folder: string,
    readonly server: RankServer,
    /** What the server has logged, line by line. */
    readonly log: readonly string[],
  ) {}

  static async start({ ranker = { name: "first" }, settings = {}, token, isGated = false }: TestServerOptions = {}) {
    const folder = mkdtempSync(join(tmpdir(), "goalrank-server-"));
    const gate = isGated ? { gate: join(folder, GATE) } : {};
    writeFileSync(join(folder, "ranker.safetensors"), JSON.stringify({ ...ranker, ...gate }));
    const log: string[] = [];
    const server = await startServer(folder, settings, { token, log });
    return new TestServer(folder, server, log);
  }

  get url(): string {
    return this.server.url;
  }

  /** Replaces the ranker's file at once, as training does. */
  writeRanker(content: FakeRanker | string): void {
    const file = join(this.folder, "ranker.safetensors");
    writeFileSync(`${file}.new`, typeof content === "string" ? content : JSON.stringify(content));
    renameSync(`${file}.new`, file);
  }

  openGate(): void {
    writeFileSync(join(this.folder, GATE), "");
  }

  async get(path: string, headers: Record<string, string> = {}, method = "GET"): Promise<Answer> {
    return read(await fetch(this.url + path, { headers, method }));
  }

  /** A body that is no text is sent as JSON. */
  async post(body: unknown, headers: Record<string, string> = {}, path = "/rank"): Promise<Answer> {
    return read(
      await fetch(this.url + path, {
        method: "POST",
        headers: { "Content-Type": "application/json", ...headers },
        body: typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify(body),
      }),
    );
  }

  /** Sends bytes as they are and resolves with all that comes back until the server closes the connection. */
  raw(bytes: string | Uint8Array, { end = false } = {}): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect(Number(new URL(this.url).port), "127.0.0.1");
      let received = "";
      socket.on("data", (chunk) => {
        received += chunk;
      });
      socket.on("error", reject);
      socket.on("close", () => resolve(received));
      socket.write(bytes);
      if (end) socket.end();
    });
  }

  /** The value of a metric, of all its labels together that match. */
  async metric(name: string, labels = ""): Promise<number> {
    const { body } = await this.get("/metrics");
    return String(body)
      .split("\n")
      .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
      .filter((line) => line.includes(labels))
      .reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
  }

  async close(): Promise<void> {
    await this.server.close();
    rmSync(this.folder, { recursive: true });
  }
}

async function read(response: Response): Promise<Answer> {
  const text = await response.text();
  const isJson = text !== "" && response.headers.get("content-type")?.startsWith("application/json");
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
}

/** The status line and the JSON of an answer that came over a raw connection. */
export function parseRaw(text: string): { status: number; code: string } {
  const status = Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]);
  const body = text.slice(text.indexOf("\r\n\r\n") + 4);
  return { status, code: JSON.parse(body).error.code };
}
