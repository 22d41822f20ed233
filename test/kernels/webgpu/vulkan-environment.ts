/**
 * Finds a Vulkan driver for tests of WGSL on machines that have none: the development dependency `@sparticuz/chromium`
 * carries SwiftShader, which runs shaders on the processor, and a Vulkan loader.
 */
import { spawnSync } from "node:child_process";
import { createReadStream, existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createBrotliDecompress } from "node:zlib";
import { extract } from "tar-fs";

/** Variables to start a process with so that it finds an adapter, or why there is none. */
export type VulkanEnvironment =
  | { readonly variables: NodeJS.ProcessEnv; readonly adapter: string }
  | { readonly reason: string };

/** A real adapter, or the system's own software driver, where there is one; else SwiftShader. */
export async function findVulkanEnvironment(): Promise<VulkanEnvironment> {
  const own = probe({});
  if (own !== undefined) return { variables: {}, adapter: own };
  if (process.platform !== "linux" || process.arch !== "x64") {
    return {
      reason: `no adapter was found, and SwiftShader is carried for Linux x64 only, not for ${process.platform}`,
    };
  }
  const folder = await unpackSwiftShader();
  const driver = join(folder, "vk_swiftshader_icd.json");
  const variables = {
    LD_LIBRARY_PATH: [folder, process.env.LD_LIBRARY_PATH].filter(Boolean).join(":"),
    VK_DRIVER_FILES: driver,
    VK_ICD_FILENAMES: driver,
  };
  const adapter = probe(variables);
  return adapter === undefined ? { reason: "Dawn finds no adapter, not even SwiftShader" } : { variables, adapter };
}

/** The adapter that a process with these variables finds. A process of its own, since a driver may crash it. */
function probe(variables: NodeJS.ProcessEnv): string | undefined {
  const script = `
    const { create } = await import("webgpu");
    const gpu = create([]);
    const adapter = await gpu.requestAdapter();
    if (adapter !== null) console.log(adapter.info.description || adapter.info.vendor || "unnamed adapter");
  `;
  const run = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    env: { ...process.env, ...variables },
    encoding: "utf8",
    timeout: 30_000,
  });
  return run.status === 0 && run.stdout.trim() !== "" ? run.stdout.trim() : undefined;
}

/** Unpacks the drivers once, next to the packages; a folder that exists is complete. */
async function unpackSwiftShader(): Promise<string> {
  const archive = join(
    dirname(createRequire(import.meta.url).resolve("@sparticuz/chromium")),
    "../../bin/swiftshader.tar.br",
  );
  const folder = join("node_modules", ".cache", "goalrank-swiftshader");
  if (existsSync(folder)) return folder;
  const partial = `${folder}.${process.pid}`;
  mkdirSync(partial, { recursive: true });
  await pipeline(createReadStream(archive), createBrotliDecompress(), extract(partial));
  try {
    renameSync(partial, folder);
  } catch {
    // Another process was faster.
    rmSync(partial, { recursive: true });
  }
  return folder;
}
