/** The package as it would be published, and what a project that has it can do: for the suite, and for a real install. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { Ranker } from "../../src/ranker/ranker.ts";
import { smallRanker, smallRequests } from "../small-ranker.ts";

export interface PackedPackage {
  readonly tarball: string;
  /** Paths in the package. */
  readonly files: readonly string[];
}

/** The part of package.json that is read. */
interface Manifest {
  readonly bin: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
}

export function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
}

/** Builds the project and packs it into `folder`, as `npm publish` would. */
export function packPackage(folder: string): PackedPackage {
  mkdirSync(folder, { recursive: true });
  // The project's own scripts are switched off by .npmrc; `prepack` is one of them.
  const text = run("npm", ["pack", "--json", "--ignore-scripts=false", "--pack-destination", folder], ".");
  // What scripts print comes first.
  const [{ filename, files }] = JSON.parse(text.slice(text.search(/^\[$/m)));
  return {
    tarball: join(folder, filename),
    files: files.map(({ path }: { readonly path: string }) => path).sort(),
  };
}

/** Runs a program; what it printed. An exit code other than 0 is an error that shows its output. */
export function run(program: string, words: readonly string[], folder: string): string {
  try {
    return execFileSync(program, words, { cwd: folder, encoding: "utf8", stdio: "pipe" });
  } catch (error) {
    const { stdout, message } = error as Error & { readonly stdout: string };
    throw new Error(`${message}\n${stdout}`);
  }
}

const SCRIPT = `
import { readFileSync } from "node:fs";
import { loadRanker } from "goalrank";

const ranker = await loadRanker(new URL("ranker.safetensors", import.meta.url), { threads: 1 });
const answers = await ranker.rankMany(JSON.parse(readFileSync("requests.json", "utf8")));
console.log(JSON.stringify(answers));
`;

const TYPED = `
import { loadRanker, type RankedList, Ranker, RankRequestError, scope, tensor } from "goalrank";
import { softmax } from "goalrank/kernels";
import { Linear } from "goalrank/nn";
import { Random } from "goalrank/tensor";

const ranker: Ranker = await loadRanker("ranker.safetensors");
const list: RankedList = await ranker.rank({ user: "1", history: ["a", { item: "b", feedback: 0 }] });
for (const answer of await ranker.rankMany([])) {
  if (answer instanceof RankRequestError) console.log(answer.code satisfies string);
  else console.log(answer.items.join(), list.logProbability);
}
{
  using step = scope();
  const layer = new Linear(1, 1, new Random({ seed: 1, stream: "example", step: 0 }));
  step.keep(layer.forward(tensor([1], [1, 1])));
}
export const name: string = softmax.name;
// @ts-expect-error a length is a number
await ranker.rank({ length: "3" });
`;

const COMPILERS = {
  NodeNext: ["--module", "nodenext"],
  Bundler: ["--module", "esnext", "--moduleResolution", "bundler"],
  "Bundler for browsers": [
    "--module",
    "esnext",
    "--moduleResolution",
    "bundler",
    "--customConditions",
    "browser",
  ],
};

/** A project's folder that has the package. `words` before the program's own start it. */
export interface Project {
  readonly folder: string;
  readonly program: readonly [string, ...string[]];
}

/** A script loads a ranker and ranks as the sources do. */
export async function checkRanking({ folder }: Project): Promise<void> {
  const bytes = await smallRanker();
  const requests = smallRequests();
  writeFileSync(join(folder, "ranker.safetensors"), bytes);
  writeFileSync(join(folder, "requests.json"), JSON.stringify(requests));
  writeFileSync(join(folder, "rank.mjs"), SCRIPT);
  const ranker = await Ranker.create(bytes, { threads: 1 });
  const answers = JSON.parse(run(process.execPath, ["rank.mjs"], folder));
  assert.equal(answers, JSON.parse(JSON.stringify(await ranker.rankMany(requests))));
  ranker.dispose();
}

/** The program says what it can do. */
export function checkHelp({ folder, program: [program, ...words] }: Project): void {
  assert.match(run(program, [...words, "--help"], folder), /Usage: goalrank/);
}

/** The program finds that it works here, which takes some seconds. */
export function checkDoctor({ folder, program: [program, ...words] }: Project): void {
  const report = JSON.parse(run(program, [...words, "doctor", "--json"], folder));
  assert.type(report, "object");
}

/** Programs are checked against the package's types, and those of everything that it exports. */
export function checkTypes({ folder }: Project): void {
  writeFileSync(join(folder, "typed.ts"), TYPED);
  const compiler = createRequire(import.meta.url).resolve("typescript/package.json");
  const tsc = join(compiler, "../bin/tsc");
  for (const options of Object.values(COMPILERS)) {
    const strict = [
      "--ignoreConfig",
      "--noEmit",
      "--strict",
      "--exactOptionalPropertyTypes",
      "--target",
      "es2022",
    ];
    run(process.execPath, [tsc, ...strict, ...options, "typed.ts"], folder);
  }
}

/** An empty project. */
export function createProject(folder: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "name": "project", "private": true, "type": "module" }\n');
}
