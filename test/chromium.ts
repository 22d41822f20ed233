/**
 * A real browser for tests of pages: a Chromium of the machine, or the one that the development dependency
 * `@sparticuz/chromium` carries for Linux x64, with its libraries, fonts and SwiftShader.
 */
import { createReadStream, createWriteStream, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import type { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createBrotliDecompress } from "node:zlib";
import { type Browser, chromium } from "playwright-core";
import { extract } from "tar-fs";

/** Switches with which pages find WebGPU, on the processor. */
export const WEBGPU_SWITCHES: readonly string[] = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];

/** Containers run as root, where there is no sandbox. */
const SWITCHES: readonly string[] = ["--no-sandbox", "--font-render-hinting=none"];

/** Of a machine that has no fonts: those that the package carries. */
const FONTS = '<fontconfig><dir prefix="relative">fonts</dir><cachedir>/tmp/goalrank-fonts</cachedir></fontconfig>\n';

/** Starts the browser, which shows nothing; or says why there is none. The caller closes it. */
export async function launchBrowser(switches: readonly string[] = []): Promise<Browser | { readonly reason: string }> {
  const args = [...SWITCHES, ...switches];
  const installed = [process.env.CHROME_PATH, "/usr/bin/chromium"].find(
    (path) => path !== undefined && existsSync(path),
  );
  if (installed !== undefined) return chromium.launch({ executablePath: installed, args });
  if (process.platform !== "linux" || process.arch !== "x64") {
    return { reason: "Chromium is carried for Linux x64 only; name one of your own with CHROME_PATH" };
  }
  const folder = await unpackChromium();
  const libraries = [folder, join(folder, "lib"), process.env.LD_LIBRARY_PATH].filter(Boolean).join(":");
  const fonts = existsSync("/etc/fonts") ? {} : { FONTCONFIG_PATH: folder };
  // It brings a Vulkan driver of its own, beside which one that a test of WGSL names is none.
  const { VK_DRIVER_FILES: _files, VK_ICD_FILENAMES: _names, ...variables } = process.env;
  const env = { ...variables, LD_LIBRARY_PATH: libraries, ...fonts };
  return chromium.launch({ executablePath: join(folder, "chromium"), args, env });
}

/** Unpacks the browser once, next to the packages; a folder that exists is complete. */
async function unpackChromium(): Promise<string> {
  const folder = resolve("node_modules/.cache/goalrank-chromium");
  if (existsSync(folder)) return folder;
  const partial = `${folder}.${process.pid}`;
  mkdirSync(partial, { recursive: true });
  await unpack("chromium.br", createWriteStream(join(partial, "chromium"), { mode: 0o755 }));
  for (const archive of ["swiftshader", "fonts", "al2023"]) {
    await unpack(`${archive}.tar.br`, extract(partial));
  }
  writeFileSync(join(partial, "fonts.conf"), FONTS);
  try {
    renameSync(partial, folder);
  } catch {
    // Another process was faster.
    rmSync(partial, { recursive: true });
  }
  return folder;
}

function unpack(name: string, target: Writable): Promise<void> {
  const packageFile = createRequire(import.meta.url).resolve("@sparticuz/chromium");
  const archive = join(dirname(packageFile), "../../bin", name);
  return pipeline(createReadStream(archive), createBrotliDecompress(), target);
}
