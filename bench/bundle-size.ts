/**
 * What GoalRank adds to a page: bytes of its script, minified, and gzipped as servers send it. esbuild bundles what
 * `src/browser.ts` exports, as it would out of the package.
 *
 *   npx tsx bench/bundle-size.ts [--json] [--parts]
 *
 * `--parts` lists the folders and packages that each bundle's bytes come from.
 */
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

/** What a page uses, by what it is called in the table. */
const PAGES: Readonly<Record<string, string>> = {
  loadRanker: "export { loadRanker } from './src/browser.ts'",
  trainRanker: "export { trainRanker } from './src/browser.ts'",
  "tensors, layers and optimisers":
    "export * from './src/tensor/index.ts'; export * from './src/nn/index.ts'",
  "all of goalrank": "export * from './src/browser.ts'",
};

interface BundleSize {
  readonly page: string;
  readonly minified: number;
  readonly gzipped: number;
  /** Bytes before compression, by folder of src or package, the largest first. */
  readonly parts: Readonly<Record<string, number>>;
}

/** `src/kernels` of `src/kernels/wasm/rows.ts`; `zod` of `node_modules/zod/...`. */
function partOf(path: string): string {
  const [first, second, third] = path.split("/");
  if (first === "node_modules") return second.startsWith("@") ? `${second}/${third}` : second;
  return `${first}/${second}`;
}

async function measure(page: string, contents: string): Promise<BundleSize> {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: ".", loader: "ts" },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    alias: { "#webgpu": "./src/kernels/webgpu/no-package.ts" },
    metafile: true,
    write: false,
  });
  const [{ contents: script }] = outputFiles;
  const [output] = Object.values(metafile.outputs);
  const parts = new Map<string, number>();
  for (const [path, { bytesInOutput }] of Object.entries(output.inputs)) {
    parts.set(partOf(path), (parts.get(partOf(path)) ?? 0) + bytesInOutput);
  }
  const sorted = [...parts].filter(([, bytes]) => bytes > 100).sort(([, a], [, b]) => b - a);
  return {
    page,
    minified: script.length,
    gzipped: gzipSync(script).length,
    parts: Object.fromEntries(sorted),
  };
}

const { values: options } = parseArgs({
  options: { json: { type: "boolean", default: false }, parts: { type: "boolean", default: false } },
});
const sizes: BundleSize[] = [];
for (const [page, contents] of Object.entries(PAGES)) sizes.push(await measure(page, contents));

if (options.json) {
  console.log(JSON.stringify(sizes, null, 2));
} else {
  const kilobytes = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`.padStart(10);
  console.log(`${"a page that uses".padEnd(32)}${"minified".padStart(10)}${"gzipped".padStart(10)}`);
  for (const { page, minified, gzipped, parts } of sizes) {
    console.log(`${page.padEnd(32)}${kilobytes(minified)}${kilobytes(gzipped)}`);
    if (!options.parts) continue;
    for (const [part, bytes] of Object.entries(parts)) {
      console.log(`  ${part.padEnd(30)}${kilobytes(bytes)}`);
    }
  }
}
