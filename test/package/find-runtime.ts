/** Other runtimes than the one that runs the tests. */
import { execFileSync } from "node:child_process";

/** The program `name`: what a variable such as GOALRANK_DENO names, or what PATH has; undefined where there is none. */
export function findRuntime(name: string): string | undefined {
  const program = process.env[variableOf(name)] ?? name;
  try {
    execFileSync(program, ["--version"], { stdio: "ignore" });
    return program;
  } catch {
    return undefined;
  }
}

/** The variable that may name a runtime. */
export function variableOf(name: string): string {
  return `GOALRANK_${name.toUpperCase()}`;
}
