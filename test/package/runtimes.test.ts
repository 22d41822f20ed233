/**
 * The package works on other versions of Node.js, on Deno and on Bun, on the CPU device: the library with threads, a
 * training, and the server with its worker processes. A runtime that neither a variable such as GOALRANK_DENO nor PATH
 * leads to is skipped.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Ranker } from "../../src/ranker/ranker.ts";
import type { RankedList } from "../../src/ranker/requests.ts";
import { parquetLog } from "../data/parquet-files.ts";
import { smallRanker, smallRequests } from "../small-ranker.ts";
import { findRuntime, variableOf } from "./find-runtime.ts";
import { cloneWorkingTree, layOut, type Project, packPackage, run } from "./packed.ts";

/** What a runtime is asked, and the words between its own name and a program's. */
const RUNTIMES: Readonly<Record<string, readonly string[]>> = {
  node22: [],
  node24: [],
  deno: ["run", "--allow-all"],
  bun: [],
};

/** Devices multiply and add with one rounding or two, and runtimes have exponential functions of their own. */
const TOLERANCE = 1e-5;

const SCRIPT = `
import { readFileSync } from "node:fs";
import { loadRanker } from "goalrank";
import { readInteractions } from "goalrank/data";

const requests = JSON.parse(readFileSync("requests.json", "utf8"));
const answers = [];
for (const threads of [1, 3]) {
  const ranker = await loadRanker("ranker.safetensors", { threads });
  answers.push(await ranker.rankMany(requests));
  ranker.dispose();
}
const { feedback } = await readInteractions({ format: "parquet", file: "log.parquet" });
console.log(JSON.stringify({ answers, feedback: [...feedback] }));
`;

async function prepareProject(folder: string): Promise<Project> {
  const clone = join(folder, "clone");
  cloneWorkingTree(clone);
  symlinkSync(resolve("node_modules"), join(clone, "node_modules"));
  const project = layOut(packPackage(clone).tarball, join(folder, "project"));
  const write = (file: string, content: string | Uint8Array) => writeFileSync(join(project.folder, file), content);
  write("script.mjs", SCRIPT);
  write("ranker.safetensors", bytes);
  write("requests.json", JSON.stringify(requests));
  write("log.parquet", parquetLog());
  return project;
}

function assertClose(actual: readonly RankedList[], expected: readonly RankedList[]): void {
  assert.equal(
    actual.map(({ items }) => items),
    expected.map(({ items }) => items),
  );
  actual.forEach(({ scores }, n) => {
    scores.forEach((score, position) => {
      assert.ok(Math.abs(score - expected[n].scores[position]) < TOLERANCE, `request ${n}: ${score}`);
    });
  });
}

/** Starts the server, asks it for the lists, and ends it as a supervisor does. */
async function serve(words: readonly string[], folder: string): Promise<RankedList[]> {
  const [program, ...others] = words;
  const options = ["serve", "ranker.safetensors", "--port", "0", "--workers", "1", "--threads", "2"];
  const server = spawn(program, [...others, ...options], { cwd: folder, stdio: ["ignore", "inherit", "pipe"] });
  const ended = once(server, "exit");
  const lines: string[] = [];
  for await (const line of createInterface(server.stderr)) {
    lines.push(line);
    if (line.includes("ranker loaded")) break;
  }
  const address = /listening on (http[^"]+)/.exec(lines.join("\n"))?.[1];
  if (address === undefined) throw new Error(`the server did not start:\n${lines.join("\n")}`);
  const answers = requests.map(async (request) => {
    const answer = await fetch(`${address}/rank`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(request),
    });
    return (await answer.json()) as RankedList;
  });
  const lists = await Promise.all(answers);
  server.kill("SIGTERM");
  assert.equal(await ended, [0, null]);
  return lists;
}

const test = suite("runtimes");
const found = Object.keys(RUNTIMES).flatMap((name) => {
  const program = findRuntime(name);
  return program === undefined ? [] : [{ name, program }];
});
for (const name of Object.keys(RUNTIMES).filter((name) => found.every((own) => own.name !== name))) {
  test.skip(`no ${name}: it is not on PATH, and ${variableOf(name)} names none`, () => {});
}

const bytes = await smallRanker();
const requests = smallRequests();

if (found.length > 0) {
  const folder = mkdtempSync(join(tmpdir(), "goalrank-runtimes-"));
  test.after(() => rmSync(folder, { recursive: true }));
  const project = await prepareProject(folder);
  const ranker = await Ranker.create(bytes, { threads: 1 });
  const expected = (await ranker.rankMany(requests)) as RankedList[];

  for (const { name, program } of found) {
    const words = [program, ...RUNTIMES[name]];
    const [, goalrank] = project.program;
    const call = (...more: string[]) => run(words[0], [...words.slice(1), ...more], project.folder);

    test(`${name} ranks as Node.js does, on any number of threads, and reads Parquet`, () => {
      const { answers, feedback } = JSON.parse(call("script.mjs"));
      assertClose(answers[0], expected);
      assert.equal(answers[1], answers[0]);
      assert.equal(feedback, [4, 1.5, 2]);
    });

    test(`${name} trains`, () => {
      const options = ["--scenario", "tiny", "--epochs", "1", "--device", "cpu", "--out", `run-${name}`, "--json"];
      const { rows } = JSON.parse(call(goalrank, "train", "all", ...options));
      const reward = (name: string): number =>
        rows.find(({ method }: { readonly method: string }) => method.startsWith(name)).trueReward;
      assert.ok(reward("random") < reward("GoalRank") && reward("GoalRank") < reward("oracle"));
    });

    if (name === "bun") {
      test("bun says which runtimes the experiments need", () => {
        assert.throws(() => call(goalrank, "experiment", "table1"), /run it with Node.js or Deno/);
      });
    }

    test(`${name} serves`, async () => assertClose(await serve([...words, goalrank], project.folder), expected));
  }
}

test.run();
