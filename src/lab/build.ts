/** Builds the lab's page into `dist/lab`: one HTML file, one style sheet and one script, for any static host. */
import { copyFileSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));

/** The operation that the page shows to be read. */
const KERNEL_SOURCE = join(here, "../kernels/ops/group-cross-entropy.ts");

/** Writes the page's files into a folder. */
export async function buildLab(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  await build({
    entryPoints: [join(here, "page/lab.tsx")],
    outfile: join(folder, "lab.js"),
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    jsx: "automatic",
    jsxImportSource: "preact",
    alias: { "#webgpu": join(here, "../kernels/webgpu/no-package.ts") },
    define: { KERNEL_SOURCE: JSON.stringify(readFileSync(KERNEL_SOURCE, "utf8")) },
    logLevel: "error",
  });
  await build({ entryPoints: [join(here, "page/lab.css")], outfile: join(folder, "lab.css"), minify: true });
  copyFileSync(join(here, "page/index.html"), join(folder, "index.html"));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await buildLab(process.argv[2] ?? "dist/lab");
