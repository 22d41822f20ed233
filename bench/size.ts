/**
 * How large the house is, as one line of JSON: lines of `src`, of the paper (`src/goalrank`) and of the reading core
 * (one operation family, tensor, layers, Transformer and the paper), names at the root, and circles of imports.
 *
 *   npm run -s size
 */
import { findCircles, lineCount, readSource } from "../test/source-tree.ts";

/** The family of operations that a reader starts with. */
const FAMILY = "src/kernels/ops/softmax/";
const CORE = ["src/tensor/", FAMILY, "src/nn/layers.ts", "src/nn/transformer.ts", "src/goalrank/"];

const source = readSource();
const lines = (prefixes: readonly string[]) =>
  source
    .filter(({ path }) => prefixes.some((prefix) => path.startsWith(prefix)))
    .reduce((sum, { text }) => sum + lineCount(text), 0);

/** Names that `src/index.ts` lists, types included. */
function rootExports(): number {
  const root = source.find(({ path }) => path === "src/index.ts");
  if (root === undefined) throw new Error("size: there is no src/index.ts");
  if (/^export \*/m.test(root.text)) return Number.POSITIVE_INFINITY;
  const lists = [...root.text.matchAll(/^export (?:type )?\{([^}]*)\}/gm)];
  return lists.flatMap(([, names]) => names.split(",").filter((name) => name.trim() !== "")).length;
}

console.log(
  JSON.stringify({
    src: lines(["src/"]),
    goalrank: lines(["src/goalrank/"]),
    readingCore: lines(CORE),
    rootExports: rootExports(),
    circles: findCircles(source).length,
  }),
);
