/** `goalrank serve` as a process: a real ranker, signals, exit codes and what it refuses to start with. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { runCommandLine } from "../../src/cli/command-line.ts";
import { cleanToken } from "../../src/cli/commands/serve.ts";
import { Generator } from "../../src/goalrank/generator.ts";
import { Random } from "../../src/kernels/index.ts";
import { encodeGenerator } from "../encode-generator.ts";
import { until } from "./until.ts";

const test = suite("goalrank serve");
const folder = mkdtempSync(join(tmpdir(), "goalrank-serve-"));
const file = join(folder, "ranker.safetensors");
test.before(async () => writeFileSync(file, await encodeSmallRanker(1)));
test.after(() => rmSync(folder, { recursive: true }));

/** A ranker of 20 items, i0 to i19, with random weights. */
async function encodeSmallRanker(seed: number): Promise<Uint8Array> {
  const catalogue = { userCount: 3, itemCount: 20, itemIds: Array.from({ length: 20 }, (_, item) => `i${item}`) };
  const generator = new Generator(
    catalogue,
    {
      width: 8,
      heads: 2,
      encoderLayers: 1,
      decoderLayers: 1,
      listLength: 3,
      dropoutRate: 0,
      seed,
      stream: "generator",
    },
    new Random({ seed, stream: "weights", step: 0 }),
  );
  const shape = { candidateCount: 10, historyLength: 5 };
  const bytes = await encodeGenerator({ generator, catalogue, retriever: undefined, ...shape, training: { seed } });
  generator.dispose();
  return bytes;
}

class Program {
  readonly lines: string[] = [];
  private readonly child: ChildProcess;
  readonly exit: Promise<number | string>;

  constructor(words: readonly string[], variables: Record<string, string> = {}) {
    this.child = spawn(process.execPath, ["--import", "tsx", "src/cli/main.ts", "serve", ...words], {
      env: { ...process.env, ...variables },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      if (stream !== null) createInterface(stream).on("line", (line) => this.lines.push(line));
    }
    this.exit = once(this.child, "close").then(([code, signal]) => code ?? signal);
  }

  get text(): string {
    return this.lines.join("\n");
  }

  /** The address, once the ranker is loaded. */
  async ready(): Promise<string> {
    const ended = this.exit.then(() => assert.unreachable(`ended: ${this.text}`));
    await Promise.race([until(() => this.text.includes("ranker loaded")), ended]);
    return /listening on (http[^"]+)/.exec(this.text)?.[1] ?? "";
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }
}

const JSON_TYPE = { "Content-Type": "application/json" };

async function rank(url: string, body: unknown, headers: Record<string, string> = {}) {
  const answer = await fetch(`${url}/rank`, {
    method: "POST",
    headers: { ...JSON_TYPE, ...headers },
    body: JSON.stringify(body),
  });
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever comes
  return { status: answer.status, body: (await answer.json()) as any };
}

test("it ranks with a trained ranker, loads a new one on SIGHUP, and ends on SIGTERM with 0", async () => {
  const program = new Program([folder, "--port", "0", "--serve.watchMilliseconds", "0"]);
  const url = await program.ready();
  const candidates = Array.from({ length: 6 }, (_, n) => ({ item: `i${n}`, score: n / 10 }));
  const { status, body } = await rank(url, { history: ["i7", "nothing"], candidates });
  assert.is(status, 200);
  assert.is(new Set(body.items).size, 3);
  assert.is(body.unknownHistory, 1);
  const sum = body.scores.reduce((total: number, score: number) => total + Math.log(score), 0);
  assert.ok(Math.abs(sum - body.logProbability) < 1e-5);
  const extreme = await rank(url, { candidates: [{ item: "i0", score: 1e300 }, ...candidates.slice(1)] });
  assert.equal([extreme.status, extreme.body.error.path], [400, "candidates[0]"]);

  const fingerprint = async () =>
    ((await (await fetch(`${url}/ready`)).json()) as { ranker: { fingerprint: string } }).ranker.fingerprint;
  const before = await fingerprint();
  writeFileSync(file, await encodeSmallRanker(2));
  program.kill("SIGHUP");
  await until(async () => (await fingerprint()) !== before);
  program.kill("SIGTERM");
  assert.is(await program.exit, 0);
});

test("with a token from the environment it asks for it, hides it, and ends on Ctrl-C with 130", async () => {
  const program = new Program([file, "--port", "0", "--host", "0.0.0.0"], { GOALRANK_TOKEN: "from-outside" });
  const url = (await program.ready()).replace("0.0.0.0", "127.0.0.1");
  const request = { candidates: ["i0", "i1", "i2"].map((item) => ({ item, score: 0 })) };
  assert.is((await rank(url, request)).status, 401);
  assert.is((await rank(url, request, { Authorization: "Bearer from-outside" })).status, 200);
  program.kill("SIGINT");
  assert.is(await program.exit, 130);
  assert.not(program.text.includes("from-outside"));
  assert.not(program.text.includes("warning"), "who has a token needs no warning");
});

test("who may ask from outside without a token is warned of; a second signal ends at once", async () => {
  const program = new Program([
    file,
    ...["--port", "0", "--host", "0.0.0.0", "--serve.shutdown.delayMilliseconds", "600000"],
  ]);
  const url = (await program.ready()).replace("0.0.0.0", "127.0.0.1");
  assert.match(program.text, /^warning: whoever reaches 0\.0\.0\.0 may ask/m);
  program.kill("SIGTERM");
  await until(async () => (await fetch(`${url}/ready`)).status === 503);
  program.kill("SIGTERM");
  assert.is(await program.exit, 143);
});

/** A process that starts another through a shell, as npx does, and tells its number. */
const LAUNCHER = `
  const { spawn } = require("node:child_process");
  const quoted = (word) => "'" + word + "'";
  const line = [process.execPath, ...process.argv.slice(1)].map(quoted).join(" ");
  spawn("sh", ["-c", line + "; true"], { stdio: ["ignore", "inherit", "inherit"] });
`;

test("who kills the npx that launched it ends it, though signals do not reach it", async () => {
  const words = ["--import", "tsx", "src/cli/main.ts", "serve", file, "--port", "0"];
  const env = { ...process.env, npm_command: "exec" };
  const launcher = spawn(process.execPath, ["-e", LAUNCHER, "--", ...words], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  for (const stream of [launcher.stdout, launcher.stderr]) stream.on("data", (part) => (text += part));
  await until(() => text.includes("ranker loaded"));
  const url = /listening on (http[^"]+)/.exec(text)?.[1] ?? "";
  assert.is((await fetch(`${url}/ready`)).status, 200);
  const closed = once(launcher, "close");
  launcher.kill("SIGKILL");
  // Its output ends when the server does, which has inherited it.
  await closed;
  assert.is(await fetch(url).catch(() => "gone"), "gone");
});

/** What a command line writes to stderr in this process, and the exit code that it sets. */
async function runHere(words: readonly string[]): Promise<{ readonly text: string; readonly code: unknown }> {
  const write = process.stderr.write;
  let text = "";
  process.stderr.write = (part: string | Uint8Array) => {
    text += part;
    return true;
  };
  try {
    await runCommandLine(["serve", ...words]);
    return { text, code: process.exitCode };
  } finally {
    process.stderr.write = write;
    process.exitCode = 0;
  }
}

test("a token is read without the space around it, and must be one word", () => {
  assert.is(cleanToken(" abc\n", "file"), "abc");
  for (const wrong of ["", " \n", "a b", "a\nb", "schlüssel"]) {
    assert.throws(() => cleanToken(wrong, "token.txt"), /token\.txt holds no token/);
  }
});

test("mistakes end it with one line and 2", async () => {
  const missing = join(folder, "missing.safetensors");
  const damaged = join(folder, "damaged.safetensors");
  writeFileSync(damaged, (await encodeSmallRanker(1)).slice(0, 3000));
  const empty = join(folder, "token");
  writeFileSync(empty, "\n");
  const mistakes: readonly (readonly [words: readonly string[], message: RegExp])[] = [
    [[file, "--token", "secret"], /error: --token: .*list of processes.*--token-file or GOALRANK_TOKEN/],
    [[file, "--token-file", empty], /error: .*token holds no token/],
    [[missing, "--port", "0"], /error: .*missing\.safetensors: there is no such file/],
    [[damaged, "--port", "0"], /error: .*damaged\.safetensors: .*damaged/],
    [[file, "--port", "70000"], /error: --port: expected an integer/],
  ];
  for (const [words, message] of mistakes) {
    const { text, code } = await runHere(words);
    assert.is(code, 2, text);
    assert.match(text, message);
    assert.is(text.match(/^error: /gm)?.length, 1);
    assert.not(text.includes("secret"));
  }
});

test.run();
