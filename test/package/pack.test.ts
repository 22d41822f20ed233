/**
 * The package works as it would be published. Here it lies beside the packages that the project has; `npm run
 * test:package` installs it into an empty folder instead.
 */
import { mkdirSync, rmSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join, resolve } from "node:path";
import { build } from "esbuild";
import { publint } from "publint";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  checkHelp,
  checkRanking,
  checkTypes,
  createProject,
  packPackage,
  readManifest,
  run,
} from "./packed.ts";

const test = suite("package");

// Packages are found in the folders above, and so are those that the project has.
const folder = resolve(`node_modules/.cache/goalrank-package.${process.pid}`);
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));

const { tarball, files } = packPackage(folder);
const installed = join(folder, "node_modules/goalrank");
createProject(folder);
mkdirSync(installed, { recursive: true });
run("tar", ["--extract", "--file", tarball, "--strip-components", "1", "--directory", installed], ".");
const manifest = readManifest(installed);
const project = {
  folder,
  program: [process.execPath, join(installed, manifest.bin?.goalrank ?? "there is no program")],
} as const;

test("it holds what it needs to run and to be understood, and nothing else", () => {
  for (const file of ["dist/index.js", "dist/index.d.ts", "dist/browser.js", "README.md", "LICENSE"]) {
    assert.ok(files.includes(file), file);
  }
  const others = files.filter(
    (file) => !/^(dist|docs|schema)\/|^(package.json|README.md|LICENSE)$/.test(file),
  );
  assert.equal(others, []);
  const sources = files.filter((file) => /\.ts$/.test(file) && !/\.d\.ts$/.test(file));
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

test("bundlers take for a page what needs neither Node nor Dawn", async () => {
  const { metafile } = await build({
    stdin: { contents: 'export * from "goalrank";', resolveDir: folder },
    bundle: true,
    format: "esm",
    platform: "browser",
    metafile: true,
    write: false,
  });
  const inputs = Object.keys(metafile.inputs).filter((path) => path.startsWith("node_modules"));
  assert.ok(inputs.some((path) => path.endsWith("goalrank/dist/browser.js")));
  const packages = new Set(inputs.flatMap((path) => path.match(/.*node_modules\/([^/]+)/)?.[1] ?? []));
  assert.equal([...packages].sort(), ["goalrank", "zod"]);
});

test("publint and attw find nothing to complain of", async () => {
  const { messages } = await publint({ pkgDir: installed, strict: true });
  assert.equal(messages, []);
  // It ends with an exit code of its own where it finds something.
  run("npx", ["--no-install", "attw", tarball, "--profile", "esm-only", "--no-definitely-typed"], ".");
});

test.run();
