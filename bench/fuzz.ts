/**
 * Feeds every reader inputs that are almost right, a great many of them, and prints what became of them. The same seed
 * gives the same inputs.
 *
 *   npx tsx bench/fuzz.ts [--reader NAME ...] [--count N] [--seed N]
 */
import Table from "cli-table3";
import { Command, Option } from "commander";
import { type FuzzResult, fuzz } from "../test/fuzz/fuzz.ts";
import { READERS } from "../test/fuzz/readers/index.ts";

const program = new Command("fuzz")
  .addOption(
    new Option("--reader <name...>", "which readers").choices(Object.keys(READERS)).default(Object.keys(READERS)),
  )
  .option("--count <number>", "inputs for each reader", Number, 200_000)
  .option("--seed <number>", "of the inputs", Number, 1)
  .parse();
const { reader: names, count, seed } = program.opts<{ reader: string[]; count: number; seed: number }>();

const results: FuzzResult[] = [];
for (const name of names) {
  const reader = await READERS[name]();
  try {
    const result = await fuzz(reader, { count, seed });
    results.push(result);
    const outcome = result.failure === undefined ? "kept every rule" : `FAILED: ${result.failure}`;
    console.error(`${name}: ${result.inputs} inputs in ${result.seconds.toFixed(0)} s, ${outcome}`);
  } finally {
    reader.close?.();
  }
}

const table = new Table({
  head: ["reader", "inputs", "accepted", "refused", "messages", "slowest ms", "grown MB", "seconds"],
  colAligns: ["left", "right", "right", "right", "right", "right", "right", "right"],
  style: { head: [], border: [] },
});
for (const result of results) {
  const { reader, inputs, accepted, refused, messages } = result;
  const { slowestMilliseconds: slowest, grownMegabytes: grown, seconds } = result;
  table.push([reader, inputs, accepted, refused, messages, slowest.toFixed(0), grown.toFixed(0), seconds.toFixed(0)]);
}
console.log(table.toString());
process.exitCode = results.some(({ failure }) => failure !== undefined) ? 1 : 0;
