/**
 * Runs every test file in a process of its own, as many at a time as there are cores, and ends with one line:
 * `N passed, N failed` (and `, N skipped` where tests were skipped).
 *
 *   npx tsx test/run.ts [TEXT ...]       only the files whose path contains one of the texts
 *   npx tsx test/run.ts --require-adapter [TEXT ...]    no GPU adapter for the WGSL tests is a failure, not a skip
 */
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { findVulkanEnvironment } from "./kernels/webgpu/vulkan-environment.ts";

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

function testFiles(root: string, texts: readonly string[]): string[] {
  return readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => join(root, name))
    .filter((path) => texts.length === 0 || texts.some((text) => path.includes(text)))
    .sort();
}

/** Runs one file; resolves with what it printed and its exit code. */
function runFile(path: string, variables: NodeJS.ProcessEnv): Promise<{ output: string; code: number | null }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ["--import", import.meta.resolve("tsx"), path], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...variables },
    });
    let output = "";
    child.stdout.on("data", (chunk) => {
      output += chunk;
    });
    child.stderr.on("data", (chunk) => {
      output += chunk;
    });
    child.on("close", (code) => resolve({ output, code }));
  });
}

/** Reads uvu's closing summary. A file that crashed, or that ran no test, counts as one failure. */
function countResults(output: string, code: number | null): Counts {
  const read = (label: string) => {
    const found = [...output.matchAll(new RegExp(`^\\s*${label}:\\s+(\\d+)`, "gm"))].at(-1);
    return found === undefined ? undefined : Number(found[1]);
  };
  const total = read("Total");
  const passed = read("Passed") ?? 0;
  const skipped = read("Skipped") ?? 0;
  if (total === undefined || total + skipped === 0) return { passed, skipped, failed: 1 };
  return { passed, skipped, failed: Math.max(total - passed, code === 0 ? 0 : 1) };
}

const requireAdapter = process.argv.includes("--require-adapter");
const texts = process.argv.slice(2).filter((text) => text !== "--require-adapter");
const files = testFiles("test", texts);
const sum: Counts = { passed: 0, failed: 0, skipped: 0 };
if (files.length === 0) {
  console.error(`no test file matches ${texts.join(" ")}`);
  sum.failed = 1;
}

/** What the tests' processes are started with so that those of WGSL find an adapter, or know why there is none. */
async function adapterVariables(): Promise<NodeJS.ProcessEnv> {
  if (!files.some((path) => path.includes("webgpu"))) return {};
  const required = requireAdapter ? { GOALRANK_REQUIRE_ADAPTER: "1" } : {};
  const found = await findVulkanEnvironment();
  if ("variables" in found) {
    console.log(`WGSL tests run on ${found.adapter}`);
    return { ...found.variables, ...required };
  }
  console.log(`no WGSL tests: ${found.reason}`);
  return { GOALRANK_NO_ADAPTER: found.reason, ...required };
}

const variables = await adapterVariables();
let next = 0;
async function worker(): Promise<void> {
  while (next < files.length) {
    const path = files[next++];
    const start = performance.now();
    const { output, code } = await runFile(path, variables);
    const counts = countResults(output, code);
    sum.passed += counts.passed;
    sum.failed += counts.failed;
    sum.skipped += counts.skipped;
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    console.log(`${counts.failed === 0 ? "ok  " : "FAIL"} ${path}  ${counts.passed} passed  ${seconds} s`);
    if (counts.failed > 0) console.log(output);
  }
}
await Promise.all(Array.from({ length: availableParallelism() }, worker));

console.log(`${sum.passed} passed, ${sum.failed} failed${sum.skipped > 0 ? `, ${sum.skipped} skipped` : ""}`);
process.exitCode = sum.failed === 0 ? 0 : 1;
