/** The packages of bench/peers/package.json: which are installed, there or with the project, and their versions. */
import { existsSync, readFileSync } from "node:fs";

const INSTALL = "npm ci --ignore-scripts --prefix bench/peers";

/** Where imports of this folder look for a package. */
function manifestOf(name: string): URL | undefined {
  return ["./", "../../"]
    .map((folder) => new URL(`${folder}node_modules/${name}/package.json`, import.meta.url))
    .find((file) => existsSync(file));
}

/** Why the packages cannot be used, or undefined where all are installed. */
export function describeMissing(names: readonly string[]): string | undefined {
  const missing = names.filter((name) => manifestOf(name) === undefined);
  return missing.length === 0 ? undefined : `${missing.join(" and ")} not installed; run: ${INSTALL}`;
}

/** Name and version of an installed package. */
export function describePackage(name: string): string {
  const manifest = manifestOf(name);
  if (manifest === undefined) throw new Error(describeMissing([name]));
  const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };
  return `${name} ${version}`;
}
