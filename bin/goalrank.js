#!/usr/bin/env node
/** The program `goalrank`: as it was built, or from the sources where it was not. The published package has no sources. */
import { existsSync } from "node:fs";

const built = new URL("../dist/cli/main.js", import.meta.url);
const source = new URL("../src/cli/main.ts", import.meta.url);

if (existsSync(built)) {
  await import(built.href);
} else {
  const loader = import.meta.resolve("tsx");
  // Processes that the program forks load the sources in the same way.
  process.execArgv.push("--import", loader);
  await import(loader);
  await import(source.href);
}
