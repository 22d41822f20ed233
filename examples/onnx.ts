/**
 * A ranker in another runtime: exported as ONNX, run by onnxruntime-node, compared with the ranker itself.
 *
 *   npm install onnxruntime-node
 *   npx tsx examples/from-arrays.ts ranker.safetensors
 *   npx tsx examples/onnx.ts ranker.safetensors
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadRanker } from "goalrank";
import { InferenceSession, Tensor } from "onnxruntime-node";

// At a terminal it is: npx goalrank export ranker.safetensors --out exported --format onnx
const file = process.argv[2] ?? "ranker.safetensors";
const program = fileURLToPath(new URL("bin/goalrank.js", import.meta.resolve("goalrank/package.json")));
const folder = mkdtempSync(join(tmpdir(), "goalrank-"));
const exported = join(folder, "exported");
execFileSync(process.execPath, [program, "export", file, "--out", exported, "--format", "onnx"]);
const encoder = await InferenceSession.create(join(exported, "encoder.onnx"));
const decoder = await InferenceSession.create(join(exported, "decoder-step.onnx"));
rmSync(folder, { recursive: true });

const ranker = await loadRanker(file);
const floats = (values: number[], shape: number[]) => new Tensor("float32", Float32Array.from(values), shape);
const integers = (values: number[], shape: number[]) => new Tensor("int64", BigInt64Array.from(values, BigInt), shape);
const numbersOf = (items: string[]) => items.map((item) => ranker.items.indexOf(item));

// The encoder runs once for a request. Scores are those of the retriever; here all candidates have the same.
const liked = ["western 3", "western 7"];
const candidates = ranker.items.filter((item) => !liked.includes(item));
const [N, H] = [candidates.length, liked.length];
const memory = await encoder.run({
  candidates: integers(numbersOf(candidates), [1, N]),
  retriever_scores: floats(Array(N).fill(0), [1, N]),
  history: integers(numbersOf(liked), [1, H]),
  history_weights: floats([...Array(H).fill(1 / H), ...Array(H).fill(0)], [1, 2, H]), // of liked and other items
});

// The decoder runs once for each position, on what it keeps of those before.
const names = decoder.inputNames.filter((name) => name.startsWith("past_"));
let past: Record<string, Tensor> = Object.fromEntries(
  names.map((name) => [name, floats([], [1, 0, memory.rows.dims[2]])]),
);
const free = new Uint8Array(N).fill(1);
const list: { readonly place: number; readonly probability: number }[] = [];
for (let position = 0; position < ranker.description.listLength; position++) {
  const previous = integers([list.at(-1)?.place ?? -1], [1]);
  const { log_probabilities: logs, ...present } = await decoder.run({
    ...memory,
    ...past,
    previous,
    free: new Tensor("bool", free, [1, N]),
  });
  const values = Array.from(logs.data as Float32Array);
  const place = values.indexOf(Math.max(...values));
  list.push({ place, probability: Math.exp(values[place]) });
  free[place] = 0;
  past = Object.fromEntries(Object.entries(present).map(([name, value]) => [name.replace("present", "past"), value]));
}
console.log("onnxruntime:", list.map(({ place }) => candidates[place]).join(", "));

const scored = candidates.map((item) => ({ item, score: 0 }));
const { items, scores } = await ranker.rank({ history: liked, candidates: scored });
console.log("the ranker: ", items.join(", "));
const differences = list.map(({ probability }, n) => Math.abs(probability - scores[n]));
console.log("largest difference of probabilities:", Math.max(...differences).toExponential(1));
ranker.dispose();
