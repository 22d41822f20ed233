/**
 * Does what a newcomer and a maintainer do, in their words: takes a fresh clone, installs, runs and packs it; then
 * installs the package into an empty folder and tries it there. Other packages come from npm's cache where they lie in
 * it.
 *
 *   npm run test:package
 */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { runExamples } from "./examples.ts";
import {
  checkDoctor,
  checkHelp,
  checkRanking,
  checkTypes,
  cloneWorkingTree,
  createProject,
  packPackage,
  readManifest,
  run,
} from "./packed.ts";

const start = performance.now();
const step = (what: string) => console.log(`${((performance.now() - start) / 1000).toFixed(1).padStart(6)} s  ${what}`);

const root = mkdtempSync(join(tmpdir(), "goalrank-install-"));
const clone = join(root, "clone");
const { version } = readManifest(".");
const checkVersion = () => assert.is(run("npx", ["goalrank", "--version"], clone).trim(), version);

process.env.npm_config_prefer_offline = "true";
try {
  cloneWorkingTree(clone);
  run("npm", ["ci"], clone);
  step("npm ci in a fresh clone");
  checkVersion();
  assert.not.ok(existsSync(join(clone, "dist")));
  step("npx goalrank ran from the sources");
  const { tarball, files } = packPackage(clone);
  step(`npm pack: ${files.length} files`);
  rmSync(join(clone, "src"), { recursive: true });
  checkVersion();
  step("npx goalrank ran as it was built");
  const project = { folder: join(root, "project"), program: ["npx", "--no-install", "goalrank"] } as const;
  createProject(project.folder);
  run("npm", ["install", tarball], project.folder);
  step("npm install of the package into an empty project");
  await checkRanking(project);
  step("a script ranked with it");
  checkHelp(project);
  checkDoctor(project);
  step("npx goalrank ran");
  checkTypes(project);
  step("programs were checked against its types");
  runExamples(project, step);
} finally {
  rmSync(root, { recursive: true, force: true });
}
