/**
 * What GoalRank adds to a page: bytes of its scripts, minified, and gzipped as servers send them. esbuild bundles what
 * `src/browser.ts` exports, as it would out of the package, and splits off what is loaded when it is needed.
 *
 *   npx tsx bench/bundle-size.ts [--json] [--parts]
 *
 * `--parts` lists the folders and packages that each bundle's bytes come from.
 */
import { relative } from "node:path";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { build, type Metafile } from "esbuild";

/** What a page uses, by what it is called in the table. */
const PAGES: Readonly<Record<string, string>> = {
  loadRanker: "export { loadRanker } from './src/browser.ts'",
  trainRanker: "export { trainRanker } from './src/browser.ts'",
  "tensors, layers and optimisers": "export * from './src/tensor/index.ts'; export * from './src/nn/index.ts'",
  "all of goalrank": "export * from './src/browser.ts'",
};

interface BundleSize {
  readonly page: string;
  /** Of what is loaded at once. */
  readonly minified: number;
  readonly gzipped: number;
  /** Of what is loaded later, when it is needed. */
  readonly later: number;
  /** Bytes before compression of what is loaded at once, by folder of src or package, the largest first. */
  readonly parts: Readonly<Record<string, number>>;
}

/** `src/kernels` of `src/kernels/wasm/rows.ts`; `zod` of `.../node_modules/zod/...`. */
function partOf(path: string): string {
  const [first, second] = path.split("node_modules/").at(-1)?.split("/") ?? [];
  return path.includes("node_modules/") && !first.startsWith("@") ? first : `${first}/${second}`;
}

/** The scripts that a page loads with its entry: all that is not imported by a call. */
function loadedAtOnce({ outputs }: Metafile): ReadonlySet<string> {
  const entry = Object.keys(outputs).filter((name) => outputs[name].entryPoint === "<stdin>");
  const loaded = new Set(entry);
  // The set grows while it is walked.
  for (const name of loaded) {
    for (const { kind, path } of outputs[name].imports) if (kind === "import-statement") loaded.add(path);
  }
  return loaded;
}

async function measure(page: string, contents: string): Promise<BundleSize> {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: ".", loader: "ts" },
    bundle: true,
    minify: true,
    splitting: true,
    outdir: "page",
    format: "esm",
    platform: "browser",
    alias: { "#webgpu": "./src/kernels/webgpu/no-package.ts" },
    metafile: true,
    write: false,
  });
  const first = loadedAtOnce(metafile);
  const scripts = outputFiles.map(({ path, contents: script }) => ({
    script,
    isFirst: first.has(relative(".", path)),
  }));
  const bytes = (isFirst: boolean, sizeOf: (script: Uint8Array) => number) =>
    scripts.reduce((sum, own) => (own.isFirst === isFirst ? sum + sizeOf(own.script) : sum), 0);
  const parts = new Map<string, number>();
  for (const name of first) {
    for (const [path, { bytesInOutput }] of Object.entries(metafile.outputs[name].inputs)) {
      parts.set(partOf(path), (parts.get(partOf(path)) ?? 0) + bytesInOutput);
    }
  }
  return {
    page,
    minified: bytes(true, ({ length }) => length),
    gzipped: bytes(true, (script) => gzipSync(script).length),
    later: bytes(false, ({ length }) => length),
    parts: Object.fromEntries([...parts].filter(([, size]) => size > 100).sort(([, a], [, b]) => b - a)),
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
  const heads = ["minified", "gzipped", "later"].map((head) => head.padStart(10));
  console.log(`${"a page that uses".padEnd(32)}${heads.join("")}`);
  for (const { page, minified, gzipped, later, parts } of sizes) {
    console.log(`${page.padEnd(32)}${[minified, gzipped, later].map(kilobytes).join("")}`);
    if (!options.parts) continue;
    for (const [part, bytes] of Object.entries(parts)) {
      console.log(`  ${part.padEnd(30)}${kilobytes(bytes)}`);
    }
  }
}
