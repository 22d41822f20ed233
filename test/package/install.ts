/**
 * Packs the project, installs the package into an empty folder as a newcomer would, and tries it there. The packages
 * that it depends on come from npm's cache where they lie in it.
 *
 *   npm run test:package
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  checkDoctor,
  checkHelp,
  checkRanking,
  checkTypes,
  createProject,
  packPackage,
  run,
} from "./packed.ts";

const start = performance.now();
const step = (what: string) =>
  console.log(`${((performance.now() - start) / 1000).toFixed(1).padStart(6)} s  ${what}`);

const root = mkdtempSync(join(tmpdir(), "goalrank-install-"));
try {
  const { tarball, files } = packPackage(root);
  step(`packed ${files.length} files`);
  const project = { folder: join(root, "project"), program: ["npx", "--no-install", "goalrank"] } as const;
  createProject(project.folder);
  const quick = ["--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund"];
  run("npm", ["install", ...quick, tarball], project.folder);
  step("installed it into an empty project");
  await checkRanking(project);
  step("a script ranked with it");
  checkHelp(project);
  checkDoctor(project);
  step("npx goalrank ran");
  checkTypes(project);
  step("programs were checked against its types");
} finally {
  rmSync(root, { recursive: true, force: true });
}
