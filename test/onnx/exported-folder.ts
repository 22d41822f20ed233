/** A ranker's file with names, and programs that are run in a folder to which it was exported. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { RankRequest } from "../../src/ranker/requests.ts";
import { encodeGenerator } from "../encode-generator.ts";
import { CANDIDATES, type Draw, drawGenerator, ITEMS, USERS } from "./random-generator.ts";

/** The bytes of a ranker without a retriever, whose items are called i0, i1, ... and users u0, u1, ... */
export async function rankerFile(draw: Draw): Promise<Uint8Array> {
  const { catalogue, generator } = await drawGenerator(draw);
  return encodeGenerator({
    generator,
    catalogue: {
      ...catalogue,
      userIds: Array.from({ length: USERS }, (_, user) => `u${user}`),
      itemIds: Array.from({ length: ITEMS }, (_, item) => `i${item}`),
      itemTitles: Array.from({ length: ITEMS }, (_, item) => (item % 2 === 0 ? `Title "${item}" é` : "")),
    },
    retriever: undefined,
    candidateCount: CANDIDATES,
    historyLength: draw.historyLength,
    training: { seed: draw.seed },
  });
}

/** A folder that is removed at the end of the block; programs in it find the packages of this repository. */
export function temporaryFolder(): { readonly path: string; [Symbol.dispose](): void } {
  const path = mkdtempSync(join(tmpdir(), "goalrank-export-"));
  symlinkSync(fileURLToPath(new URL("../../node_modules", import.meta.url)), join(path, "node_modules"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

/** A request in the names of the log, and as the exported programs take it. */
export interface NamedRequest {
  readonly request: RankRequest;
  readonly parameters: {
    readonly candidates: readonly string[];
    readonly scores: readonly number[];
    readonly user?: string;
    readonly liked?: readonly string[];
    readonly other?: readonly string[];
  };
}

export interface ProgramAnswer {
  readonly answer: readonly { readonly item: string; readonly score: number }[];
  readonly stderr: string;
}

/** Ranks with a program of the folder's README. */
export function runProgram(
  folder: string,
  language: "js" | "python",
  program: string,
  { parameters }: NamedRequest,
): ProgramAnswer {
  const call = JSON.stringify(parameters);
  const [file, command, text] =
    language === "js"
      ? ["rank.mjs", process.execPath, `${program}\nconsole.log(JSON.stringify(await rank(${call})));\n`]
      : ["rank.py", PYTHON, `${program}\nprint(json.dumps(rank(**json.loads(${JSON.stringify(call)}))))\n`];
  writeFileSync(join(folder, file), text);
  const { stdout, stderr, status, error } = spawnSync(command, [file], { cwd: folder, encoding: "utf8" });
  if (status !== 0) throw new Error(`${file} failed: ${error?.message ?? stderr}`);
  return { answer: JSON.parse(stdout), stderr };
}

/** An interpreter that has the packages onnxruntime and numpy may be named. */
const PYTHON = process.env.GOALRANK_PYTHON ?? "python3";

export function pythonRunsOnnx(): boolean {
  return spawnSync(PYTHON, ["-c", "import numpy, onnxruntime"]).status === 0;
}

/** The programs of a README, by language. */
export function programOf(readme: string, language: "js" | "python"): string {
  const found = [...readme.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, "gs"))];
  const program = found.map(([, text]) => text).find((text) => text.includes("LIST_LENGTH"));
  if (program === undefined) throw new Error(`the README has no program in ${language}`);
  return program;
}
