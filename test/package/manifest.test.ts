/** What package.json and package-lock.json promise to who installs, in any version of npm. */
import { existsSync, readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { publicEntries } from "../public-entries.ts";

interface LockedPackage {
  readonly resolved?: string;
  readonly hasInstallScript?: boolean;
}

const read = (file: string) => JSON.parse(readFileSync(file, "utf8"));
const manifest = read("package.json");
const locked: readonly (readonly [string, LockedPackage])[] = Object.entries(read("package-lock.json").packages);

/** Whether an installed package has a script that npm would run when it installs it; false for one that is not here. */
function hasInstallScript(folder: string): boolean {
  const file = `${folder}/package.json`;
  const { scripts = {} } = existsSync(file) ? read(file) : {};
  return ["preinstall", "install", "postinstall"].some((name) => name in scripts);
}

test("no dependency's install script runs, in any version of npm", () => {
  const installed = locked.filter(([path]) => path !== "" && hasInstallScript(path));
  const names = installed.map(([path]) => path.split("node_modules/").at(-1) ?? "");
  assert.ok(names.includes("esbuild"));
  const denied = Object.fromEntries([...names].sort().map((name) => [name, false]));
  assert.equal(manifest.allowScripts, denied, "package.json: allowScripts denies what newer npm may run");
  // Older npm runs those of which the lock says that they have any.
  const marked = locked.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => path);
  assert.equal(marked, [], "package-lock.json: take out the lines `hasInstallScript` of these packages");
});

test("the lock names no registry and no path of a machine", () => {
  const places = locked.flatMap(([path, { resolved }]) => (resolved ? [`${path}: ${resolved}`] : []));
  assert.equal(places, []);
});

test("every name that the package exports has its source", () => {
  const names = publicEntries().map(({ name }) => name);
  for (const part of ["paper", "methods", "data", "evaluation", "train", "world", "tensor", "nn", "kernels"]) {
    assert.ok(names.includes(`goalrank/${part}`), part);
  }
  const missing = publicEntries().filter(({ source }) => !existsSync(source));
  assert.equal(missing, []);
});

test("inside the project each of those names leads to its source", () => {
  const sources = publicEntries().filter(({ isForPages }) => !isForPages);
  const paths = Object.fromEntries(sources.map(({ name, source }) => [name, [`./${source}`]]));
  assert.equal(read("tsconfig.json").compilerOptions.paths, paths);
});

test.run();
