/** The package as it would be published, and what a project that has it can do: for the suite, and for a real install. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import * as assert from "uvu/assert";
import { Ranker } from "../../src/ranker/ranker.ts";
import { publicEntries } from "../public-entries.ts";
import { smallRanker, smallRequests } from "../small-ranker.ts";

export interface PackedPackage {
  readonly tarball: string;
  /** Paths in the package. */
  readonly files: readonly string[];
}

/** The part of package.json that is read. */
interface Manifest {
  readonly version: string;
  readonly bin: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
}

export function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
}

/** The working tree, without what git ignores, in a folder of its own: what a fresh clone holds. */
export function cloneWorkingTree(folder: string): void {
  const ignored = readFileSync(".gitignore", "utf8")
    .split("\n")
    .map((line) => line.replace(/\/$/, ""));
  for (const name of readdirSync(".").filter((name) => name !== ".git" && !ignored.includes(name))) {
    cpSync(name, join(folder, name), { recursive: true });
  }
}

/** Packs the project that lies in `clone`, in the words of a maintainer; the scripts of package.json build it first. */
export function packPackage(clone: string): PackedPackage {
  const [name] = run("npm", ["pack"], clone).trimEnd().split("\n").slice(-1);
  const tarball = join(clone, name);
  const files = run("tar", ["--list", "--file", tarball], clone).trimEnd().split("\n");
  return { tarball, files: files.map((file) => file.replace("package/", "")).sort() };
}

/** A project that has the package, and beside it links to those that it names: what npm would install. */
export function layOut(tarball: string, folder: string): Project {
  createProject(folder);
  const installed = join(folder, "node_modules/goalrank");
  mkdirSync(installed, { recursive: true });
  run("tar", ["--extract", "--file", tarball, "--strip-components", "1", "--directory", installed], ".");
  const { bin, dependencies, optionalDependencies } = readManifest(installed);
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
    const link = join(folder, "node_modules", name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(resolve("node_modules", name), link);
  }
  return { folder, program: [process.execPath, join(installed, bin.goalrank)] };
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

/** A program that imports everything there is. */
export const IMPORTS = [...new Set(publicEntries().map(({ name }) => name))]
  .map((name, n) => `export * as module${n} from "${name}";\n`)
  .join("");

const NODE = ["--lib", "es2022", "--types", "node", "--typeRoots", resolve("node_modules/@types")];
const BUNDLER = ["--module", "esnext", "--moduleResolution", "bundler"];

/** Node and a bundler without the DOM's types, a page without Node's; none has a package of WebGPU's types. */
const COMPILERS: readonly (readonly string[])[] = [
  ["--module", "nodenext", ...NODE],
  [...BUNDLER, ...NODE],
  [...BUNDLER, "--customConditions", "browser", "--lib", "es2022,esnext.disposable,dom"],
];

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

/** Programs are checked against the package's types, and the declarations of all that it exports against each other. */
export function checkTypes({ folder }: Project): void {
  writeFileSync(join(folder, "typed.ts"), TYPED);
  writeFileSync(join(folder, "imports.ts"), IMPORTS);
  const strict = ["--strict", "--exactOptionalPropertyTypes", "--skipLibCheck", "false", "--target", "es2022"];
  const tsc = [resolve("node_modules/typescript/bin/tsc"), "--ignoreConfig", "--noEmit"];
  for (const options of COMPILERS) {
    run(process.execPath, [...tsc, ...strict, ...options, "typed.ts", "imports.ts"], folder);
  }
}

/** An empty project. */
export function createProject(folder: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "name": "project", "private": true, "type": "module" }\n');
}
