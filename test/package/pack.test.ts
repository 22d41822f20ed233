/**
 * The package works as it would be published. Here it lies beside the packages that it names, as this project has them;
 * `npm run test:package` installs them into an empty folder instead.
 */
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { isBuiltin } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { build } from "esbuild";
import { publint } from "publint";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { publicEntries } from "../public-entries.ts";
import {
  checkHelp,
  checkRanking,
  checkTypes,
  cloneWorkingTree,
  IMPORTS,
  layOut,
  packPackage,
  readManifest,
  run,
} from "./packed.ts";

const test = suite("package");

const folder = mkdtempSync(join(tmpdir(), "goalrank-package-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));

const clone = join(folder, "clone");
cloneWorkingTree(clone);
symlinkSync(resolve("node_modules"), join(clone, "node_modules"));
const { tarball, files } = packPackage(clone);
const project = layOut(tarball, join(folder, "project"));
const installed = join(project.folder, "node_modules/goalrank");
const manifest = readManifest(installed);

test("it holds what it needs to run and to be understood, and nothing else", () => {
  for (const file of ["bin/goalrank.js", "dist/index.js", "dist/index.d.ts", "examples/train.ts", "LICENSE"]) {
    assert.ok(files.includes(file), file);
  }
  const others = files.filter(
    (file) => !/^(bin|dist|docs|examples|schema)\/|^(package.json|README.md|LICENSE)$/.test(file),
  );
  assert.equal(others, []);
  const sources = files.filter((file) => /^dist\/.*(?<!\.d)\.ts$/.test(file));
  assert.equal(sources, []);
});

test("it imports no package that it does not name", async () => {
  const { metafile } = await build({
    entryPoints: files.filter((file) => /^dist\/.*\.js$/.test(file)).map((file) => join(installed, file)),
    bundle: true,
    format: "esm",
    platform: "node",
    packages: "external",
    outdir: "nowhere",
    metafile: true,
    write: false,
  });
  const imported = Object.values(metafile.inputs).flatMap(({ imports }) =>
    imports.filter(({ external }) => external === true).map(({ path }) => path),
  );
  const packages = new Set(imported.flatMap((path) => /^(?:@[^/]+\/)?[^@/:]+(?=\/|$)/.exec(path)?.[0] ?? []));
  assert.ok(packages.has("commander"));
  const named = Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies });
  assert.equal(
    [...packages].filter((name) => !named.includes(name) && !isBuiltin(name)),
    [],
  );
});

test("a script ranks with it as the sources do", () => checkRanking(project));

test("its program says what it can do", () => checkHelp(project));

test("programs are checked against its types, in Node and for bundlers", () => checkTypes(project));

test("bundlers take for a page what needs neither Node nor Dawn, under every name", async () => {
  const { metafile } = await build({
    stdin: { contents: IMPORTS, resolveDir: project.folder },
    bundle: true,
    format: "esm",
    platform: "browser",
    metafile: true,
    write: false,
  });
  const inputs = Object.keys(metafile.inputs).flatMap((path) => path.split("node_modules/").slice(1).at(-1) ?? []);
  for (const { source } of publicEntries().filter(({ isForPages }) => isForPages)) {
    assert.ok(inputs.includes(source.replace("src", "goalrank/dist").replace(".ts", ".js")), source);
  }
  assert.equal([...new Set(inputs.map((path) => path.split("/")[0]))].sort(), ["goalrank", "zod"]);
});

test("publint and attw find nothing to complain of", async () => {
  const { messages } = await publint({ pkgDir: installed, strict: true });
  assert.equal(messages, []);
  // It ends with an exit code of its own where it finds something.
  run("npx", ["--no-install", "attw", tarball, "--profile", "esm-only", "--no-definitely-typed"], ".");
});

test.run();
