/** Which versions of what this program runs on. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the package: what lies in src or dist has the same depth. */
export const PACKAGE_FOLDER = fileURLToPath(new URL("../..", import.meta.url));

interface PackageDescription {
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

function readPackage(folder: string): PackageDescription {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
}

export function programVersion(): string {
  return readPackage(PACKAGE_FOLDER).version;
}

/** What runs the program, and its version. */
export function runtimeName(): string {
  const { bun, deno, node } = process.versions;
  if (bun !== undefined) return `Bun ${bun}`;
  return deno === undefined ? `Node.js ${node}` : `Deno ${deno}`;
}

/** The installed versions of all packages that the program uses; undefined for one that is not installed. */
export function packageVersions(): Record<string, string | undefined> {
  const { dependencies = {}, optionalDependencies = {} } = readPackage(PACKAGE_FOLDER);
  const names = Object.keys({ ...dependencies, ...optionalDependencies }).sort();
  return Object.fromEntries(names.map((name) => [name, versionOf(name)]));
}

/** Looks where Node looks: in node_modules of the package's folder and of those around it. */
function versionOf(name: string): string | undefined {
  for (let folder = PACKAGE_FOLDER; ; folder = dirname(folder)) {
    const candidate = join(folder, "node_modules", name);
    if (existsSync(join(candidate, "package.json"))) return readPackage(candidate).version;
    if (folder === dirname(folder)) return undefined;
  }
}
