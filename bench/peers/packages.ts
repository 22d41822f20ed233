/** The packages of bench/peers/package.json: which are installed, and their versions. */
import { existsSync, readFileSync } from "node:fs";

const INSTALL = "npm ci --ignore-scripts --prefix bench/peers";

const manifestOf = (name: string) => new URL(`./node_modules/${name}/package.json`, import.meta.url);

/** Why the packages cannot be used, or undefined where all are installed. */
export function describeMissing(names: readonly string[]): string | undefined {
  const missing = names.filter((name) => !existsSync(manifestOf(name)));
  return missing.length === 0 ? undefined : `${missing.join(" and ")} not installed; run: ${INSTALL}`;
}

/** Name and version of an installed package. */
export function describePackage(name: string): string {
  const { version } = JSON.parse(readFileSync(manifestOf(name), "utf8")) as { version: string };
  return `${name} ${version}`;
}
