/**
 * Serves the page beside this file, the package bundled for pages, and a ranker.
 *
 *   npm install esbuild
 *   npx tsx examples/from-arrays.ts ranker.safetensors
 *   npx tsx examples/browser/serve.ts ranker.safetensors
 */
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

// Bundlers find what the package has for pages by themselves. A clone that was not built has its sources only.
const root = fileURLToPath(new URL(".", import.meta.resolve("goalrank/package.json")));
const sources = { goalrank: `${root}src/browser.ts`, "#webgpu": `${root}src/kernels/webgpu/no-package.ts` };
const { outputFiles } = await build({
  stdin: { contents: 'export * from "goalrank";', resolveDir: root },
  bundle: true,
  minify: true,
  format: "esm",
  platform: "browser",
  write: false,
  tsconfigRaw: "{}",
  ...(existsSync(`${root}dist`) ? {} : { alias: sources }),
});

const files = new Map<string | undefined, readonly [type: string, content: string | Uint8Array]>([
  ["/", ["text/html", readFileSync(new URL("index.html", import.meta.url))]],
  ["/goalrank.js", ["text/javascript", outputFiles[0].contents]],
  ["/ranker.safetensors", ["application/octet-stream", readFileSync(process.argv[2] ?? "ranker.safetensors")]],
]);

// The last two headers let the page use threads.
const server = createServer(({ url }, response) => {
  const [type, content] = files.get(url) ?? ["text/plain", "there is no such file"];
  response.writeHead(files.has(url) ? 200 : 404, {
    "content-type": type,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
  });
  response.end(content);
});
server.listen(Number(process.env.PORT ?? 8000), "localhost", () => {
  const address = server.address();
  if (typeof address === "object") console.log(`http://localhost:${address?.port}`);
});
