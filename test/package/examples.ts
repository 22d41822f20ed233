/** The examples as who installed the package has them: the arguments that make each quick, and what they import. */
import { cpSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { findRuntime } from "./find-runtime.ts";
import { type Project, run } from "./packed.ts";

/** Arguments that make an example quick; others take none. */
const ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  "train.ts": ["--scenario", "tiny", "--epochs", "1"],
};

/** Those that are programs of the project, and read its sources. */
export const READ_SOURCES: readonly string[] = ["remedies.ts", "retrievers.ts", "summarise.ts", "train.ts"];

/** The names of the examples in `folder`. */
export function listExamples(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.endsWith(".ts"));
}

/** What a program imports beside this package and modules of Node. */
export function foreignImports(file: string): string[] {
  const imports = readFileSync(file, "utf8").matchAll(/\bfrom "([^"]+)"|\bimport\(?\s*"([^"]+)"/g);
  return [...imports]
    .map(([, from, bare]) => from ?? bare)
    .filter((name) => !/^(node:|goalrank($|\/))/.test(name));
}

/** Runs the package's examples in a project that has it: with this Node and tsx, and with Node 24 as they are. */
export function runExamples({ folder }: Project, say: (what: string) => void): void {
  cpSync(join(folder, "node_modules/goalrank/examples"), join(folder, "examples"), { recursive: true });
  const node24 = findRuntime("node24");
  const runtimes = [
    [process.execPath, "--import", import.meta.resolve("tsx")],
    ...(node24 === undefined ? [] : [[node24]]),
  ];
  for (const name of listExamples(join(folder, "examples")).filter((name) => !READ_SOURCES.includes(name))) {
    for (const [program, ...words] of runtimes) {
      run(program, [...words, `examples/${name}`, ...(ARGUMENTS[name] ?? [])], folder);
      say(`examples/${name} ran (${program})`);
    }
  }
}
