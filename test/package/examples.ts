/** The examples as who installed the package has them: the arguments that make each quick, and what they import. */
import { cpSync, existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Random } from "../../src/kernels/index.ts";
import { findRuntime } from "./find-runtime.ts";
import { type Project, run } from "./packed.ts";

/** Arguments of examples, such as make them quick; others take none. The first writes the ranker that others read. */
const ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  "from-arrays.ts": ["example.safetensors"],
  "constraints.ts": ["example.safetensors"],
  "onnx.ts": ["example.safetensors"],
  "serve-and-call.ts": ["example.safetensors"],
  "retrievers.ts": ["--data", "ratings.dat", "--core", "5", "--depth", "20", "--device", "cpu"],
  "summarise.ts": ["runs/first", "runs/first"],
  "remedies.ts": ["--scenario", "tiny", "--seeds", "1", "--rounds", "1", "--lists", "100", "--requests", "100"],
  "train.ts": ["--scenario", "tiny", "--epochs", "1", "--device", "cpu"],
};

/** Packages besides this one that an example needs, and says so. */
export const OTHER_PACKAGES: Readonly<Record<string, readonly string[]>> = {
  "onnx.ts": ["onnxruntime-node"],
  // The package's own dependencies, which npm puts beside it.
  "remedies.ts": ["cli-table3", "commander"],
  "retrievers.ts": ["cli-table3", "commander"],
  "summarise.ts": ["commander"],
};

/** The names of the examples in `folder`. */
export function listExamples(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.endsWith(".ts"));
}

/** What a program imports beside this package and modules of Node. */
export function foreignImports(file: string): string[] {
  const imports = readFileSync(file, "utf8").matchAll(/\bfrom "([^"]+)"|\bimport\(?\s*"([^"]+)"/g);
  return [...imports].map(([, from, bare]) => from ?? bare).filter((name) => !/^(node:|goalrank($|\/))/.test(name));
}

/** Ratings of 40 users, 36 each, as MovieLens writes them. */
export function smallLog(): string {
  const random = new Random({ seed: 1, stream: "ratings", step: 0 });
  const rows = Array.from({ length: 40 }, (_, user) =>
    [...random.permutation(60).subarray(0, 36)].map((item, time) => `u${user}::i${item}::${1 + (item % 5)}::${time}`),
  );
  return `${rows.flat().join("\n")}\n`;
}

/** Runs the package's examples in a project that has it: with this Node and tsx, and with Node 24 as they are. */
export function runExamples({ folder }: Project, say: (what: string) => void): void {
  cpSync(join(folder, "node_modules/goalrank/examples"), join(folder, "examples"), { recursive: true });
  const node24 = findRuntime("node24");
  const runtimes = [
    [process.execPath, "--import", import.meta.resolve("tsx")],
    ...(node24 === undefined ? [] : [[node24]]),
  ];
  for (const name of new Set(Object.values(OTHER_PACKAGES).flat())) {
    const link = join(folder, "node_modules", name);
    if (!existsSync(link)) symlinkSync(resolve("node_modules", name), link);
  }
  writeFileSync(join(folder, "ratings.dat"), smallLog());
  const training = [
    "train",
    "all",
    "--scenario",
    "tiny",
    "--requests",
    "160",
    "--device",
    "cpu",
    "--out",
    "runs/first",
  ];
  run(process.execPath, ["node_modules/goalrank/bin/goalrank.js", ...training], folder);
  for (const name of new Set([...Object.keys(ARGUMENTS), ...listExamples(join(folder, "examples"))])) {
    for (const [program, ...words] of runtimes) {
      run(program, [...words, `examples/${name}`, ...(ARGUMENTS[name] ?? [])], folder);
      say(`examples/${name} ran (${program})`);
    }
  }
}
