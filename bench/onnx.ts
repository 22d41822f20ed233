/**
 * How far an exported generator is from the engine, in onnxruntime: the largest differences over many requests to many
 * generators with random weights, and how many lists are the same. N = 50 candidates, lists of L = 6, D = 128, 4 heads,
 * two blocks in the encoder and two in the decoder, features, categories and histories.
 *
 *   npx tsx bench/onnx.ts [--generators N] [--requests N] [--json]
 */
import { Command } from "commander";
import { answer, batchOf, type Draw, drawGenerator, drawRequests, exportDrawn } from "../test/onnx/random-generator.ts";
import { answerOnnx, differences, load, release } from "../test/onnx/runtime.ts";

const SHAPE: Omit<Draw, "seed"> = {
  width: 128,
  heads: 4,
  layers: 2,
  listLength: 6,
  historyLength: 20,
  users: { features: true, categories: true },
  items: { features: true, categories: true },
};
const CANDIDATES = 50;

const program = new Command("onnx")
  .option("--generators <count>", "generators with random weights", Number, 20)
  .option("--requests <count>", "requests to each", Number, 50)
  .option("--json", "print one line of JSON")
  .parse();
const { generators, requests, json } = program.opts<{ generators: number; requests: number; json?: boolean }>();

const largest = { memory: 0, logProbabilities: 0 };
let sameLists = 0;

for (let seed = 1; seed <= generators; seed++) {
  const drawn = await drawGenerator({ ...SHAPE, seed });
  const sessions = await load(await exportDrawn(drawn));
  for (let request = 1; request <= requests; request++) {
    const batch = batchOf(drawRequests(drawn, 1, CANDIDATES, request));
    const expected = answer(drawn, batch);
    const actual = await answerOnnx(sessions, batch, SHAPE.listLength);
    const found = differences(actual, expected);
    largest.memory = Math.max(largest.memory, found.memory);
    largest.logProbabilities = Math.max(largest.logProbabilities, found.logProbabilities);
    if (`${Array.from(actual.lists)}` === `${Array.from(expected.lists)}`) sameLists++;
  }
  await release(sessions);
  drawn.generator.dispose();
}

const lists = generators * requests;
if (json) console.log(JSON.stringify({ generators, lists, sameLists, largestDifference: largest }));
else {
  console.log(`the same list for ${sameLists} of ${lists} requests to ${generators} generators`);
  console.log(`largest difference in the encoder's outputs: ${largest.memory.toExponential(1)}`);
  console.log(`largest difference in log-probabilities: ${largest.logProbabilities.toExponential(1)}`);
}
