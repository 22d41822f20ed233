/**
 * Kills a training process (SIGKILL) at random moments, again and again, resumes it each time, and compares its final
 * weights and its metrics with those of a process that was left alone.
 *
 *   npx tsx bench/kill-and-resume.ts [--device cpu|webgpu] [--kills N] [--epochs N] [--seed N]
 */
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command, Option } from "commander";
import { Random } from "../src/tensor/index.ts";
import { killAndResume, runChild } from "../test/training/kill-and-resume.ts";
import type { SmallRunResult } from "../test/training/small-run.ts";

const program = new Command("kill-and-resume")
  .addOption(new Option("--device <name>", "where to train").choices(["cpu", "webgpu"]).default("cpu"))
  .option("--kills <count>", "how often to kill", Number, 20)
  .option("--epochs <count>", "of each of the two trainings, three steps each", Number, 60)
  .option("--seed <number>", "of the moments", Number, 1)
  .parse();
const { device, kills, epochs, seed } = program.opts<{ device: string; kills: number; epochs: number; seed: number }>();

/** What a run came to, in lines that show whether two are the same. */
function describe({ weights, metrics }: SmallRunResult): string {
  const digest = createHash("sha256").update(metrics).digest("hex");
  const lines = Object.entries(weights).map(([stage, value]) => `  weights of "${stage}": ${value}`);
  return [...lines, `  metrics.jsonl: ${digest} (${metrics.split("\n").length - 1} lines)`].join("\n");
}

const folder = mkdtempSync(join(tmpdir(), "goalrank-kills-"));
try {
  const settings = { path: join(folder, "uninterrupted"), device, epochs };
  const { result: expected } = await runChild(settings);
  if (expected === undefined) throw new Error("the uninterrupted run came to no result");
  const random = new Random({ seed, stream: "kills", step: 0 });
  const { result, killedAfter } = await killAndResume({ ...settings, path: join(folder, "killed") }, kills, random);
  killedAfter.forEach((step, index) => {
    console.log(`kill ${index + 1} after ${step}`);
  });
  console.log(`uninterrupted on ${device}:\n${describe(expected)}`);
  console.log(`after ${killedAfter.length} kills:\n${describe(result)}`);
  const isEqual = describe(result) === describe(expected);
  console.log(isEqual ? "equal to the bit" : "NOT EQUAL");
  if (killedAfter.length < kills) {
    console.log(`the run ended before the other ${kills - killedAfter.length} kills; give it more --epochs`);
  }
  process.exitCode = isEqual && killedAfter.length === kills ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true });
}
