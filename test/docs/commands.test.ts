/** Every command that a document shows exists: its program, script, flags, and the files of the repository it names. */
import { existsSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import type { Command } from "commander";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { createProgram } from "../../src/cli/goalrank-program.ts";
import { type CodeBlock, markdownFiles, parseMarkdown } from "./markdown.ts";

/** One command of a block, as words. */
interface ShellCommand {
  readonly place: string;
  readonly words: readonly string[];
}

/** Variables of the environment, and words of the shell. */
const BEFORE_A_COMMAND = /^([A-Z_]+=.*|do|then|time|nice|nohup|exec)$/;

const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as {
  readonly scripts: Readonly<Record<string, string>>;
};

/** Joins continued lines; drops comments, prompts, variables before a command, and what follows a pipe or redirection. */
function shellCommands({ file, line, text }: CodeBlock): ShellCommand[] {
  const lines = text.replaceAll(/\\\n\s*/g, (joined) => ` ${"\u0000".repeat(joined.split("\n").length - 1)}`);
  let at = line;
  return lines.split("\n").flatMap((own) => {
    const place = `${file}:${at}`;
    at += 1 + own.split("\u0000").length - 1;
    const command = own.replaceAll("\u0000", "").replace(/(^|\s)#.*$/, "");
    return command.split(/&&|\|\||[;|&]/).flatMap((part) => {
      const words = splitWords(part.replace(/^\s*\$\s/, "").replace(/\s[0-9]?[<>].*$/, ""));
      const first = words.findIndex((word) => !BEFORE_A_COMMAND.test(word));
      return first === -1 ? [] : [{ place, words: words.slice(first) }];
    });
  });
}

function splitWords(text: string): string[] {
  return [...text.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, single, double, plain]) => single ?? double ?? plain);
}

/** What is wrong with a command; undefined where nothing is, or where the program is none of this project's. */
async function problemOf(words: readonly string[]): Promise<string | undefined> {
  const [program, second, ...rest] = words;
  const missing = words.find(
    (word) => /^(bench|docs|examples|schema|src|test)\/[^$*]+$/.test(word) && !existsSync(word),
  );
  if (missing !== undefined) return `there is no ${missing}`;
  if (program === "npx" && second === "tsx") return scriptProblem(rest);
  if (program === "npx") return problemOf([second, ...rest]);
  if (program === "goalrank") return programProblem(words.slice(1));
  if (program !== "npm") return undefined;
  if (second === "run" || second === "run-script") return npmScriptProblem(rest.filter((word) => word !== "-s"));
  return second === "test" ? npmScriptProblem(["test", ...rest]) : undefined;
}

async function npmScriptProblem([name, ...words]: readonly string[]): Promise<string | undefined> {
  const script = scripts[name];
  if (script === undefined) return `there is no npm script ${name}`;
  const given = words[0] === "--" ? words.slice(1) : [];
  return script.startsWith("tsx ") ? scriptProblem([...splitWords(script).slice(1), ...given]) : undefined;
}

/** Flags of `goalrank` are those of the command; values are read as it reads them, and nothing is run. */
async function programProblem(words: readonly string[]): Promise<string | undefined> {
  const program = await createProgram("", words);
  const [name, ...rest] = words;
  if (name === undefined || /^(--help|-h|--version|-V)$/.test(name)) return undefined;
  const command = program.commands.find((own) => own.name() === name);
  if (command === undefined) return `goalrank has no command ${name}`;
  try {
    const { operands, unknown } = command.parseOptions([...rest]);
    const strange = unknown.find((word) => !/^(--help|-h)$/.test(word));
    if (strange !== undefined) return `goalrank ${name} has no ${strange}`;
    return operandProblem(command, operands);
  } catch (error) {
    return (error as Error).message;
  }
}

function operandProblem(command: Command, operands: readonly string[]): string | undefined {
  const expected = command.registeredArguments;
  const least = expected.filter(({ required }) => required).length;
  const isTooMany = operands.length > expected.length && expected.at(-1)?.variadic !== true;
  if (operands.length < least || isTooMany) {
    return `goalrank ${command.name()} takes ${command.usage()}, got ${operands.join(" ") || "nothing"}`;
  }
  expected.forEach((argument, n) => {
    if (operands[n] !== undefined) argument.parseArg?.(operands[n], undefined);
  });
  return undefined;
}

/** A script knows a flag when it, or a file that it imports, names it. */
async function scriptProblem([script, ...words]: readonly string[]): Promise<string | undefined> {
  if (!existsSync(script)) return `there is no ${script}`;
  if (script === "src/cli/main.ts") return programProblem(words);
  const text = sourceBehind(script);
  const flags = words.filter((word) => word.startsWith("--")).map((word) => word.slice(2).split("=")[0]);
  const unknown = flags.find((flag) => flag !== "help" && !new RegExp(`["\`\\s-]${flag}\\b|\\b${flag}:`).test(text));
  return unknown === undefined ? undefined : `${script} does not know --${unknown}`;
}

/** The text of a script and of all files that it imports by their paths. */
function sourceBehind(script: string): string {
  const seen = new Set([script]);
  const texts: string[] = [];
  for (const path of seen) {
    const text = readFileSync(path, "utf8");
    texts.push(text);
    for (const [, target] of text.matchAll(/(?:from |import\()"(\.[^"]+)"/g)) {
      seen.add(posix.join(posix.dirname(path), target));
    }
  }
  return texts.join("\n");
}

const isShell = ({ language }: CodeBlock) => /^(sh|bash|shell|console)$/.test(language);

async function problemsOf(blocks: readonly CodeBlock[]): Promise<string[]> {
  const commands = blocks.filter(isShell).flatMap(shellCommands);
  const problems = await Promise.all(commands.map(({ words }) => problemOf(words)));
  return commands.flatMap(({ place }, n) => (problems[n] === undefined ? [] : [`${place}: ${problems[n]}`]));
}

test("every command that a document shows exists, with its flags and files", async () => {
  const blocks = markdownFiles().flatMap((file) => file.blocks);
  assert.ok(blocks.filter(isShell).length > 10);
  assert.equal(await problemsOf(blocks), []);
});

test("commands that do not exist are found", async () => {
  const lines = [
    "```sh",
    "goalrank train all --data log.csv \\",
    "  --no-such-flag 3   # a comment",
    "goalrank tarin",
    "X=1 npx goalrank train reward --core 5 --data.core 5 && npx tsx bench/none.ts",
    "npm run nothing | head",
    "npx tsx bench/prepare.ts --rows 1e6 --colums 3 > out.txt",
    "goalrank train everything",
    "goalrank rank; npm test; npm ci; ls --anything",
    "npx tsx examples/train.ts --config examples/configurations/none.json",
    "```",
  ];
  const { blocks } = parseMarkdown("a.md", lines.join("\n"));
  assert.equal(
    (await problemsOf(blocks)).map((problem) => problem.split(/ [;(]|; /)[0]),
    [
      "a.md:2: goalrank train has no --no-such-flag",
      "a.md:4: goalrank has no command tarin",
      "a.md:5: there is no bench/none.ts",
      "a.md:6: there is no npm script nothing",
      "a.md:7: bench/prepare.ts does not know --colums",
      'a.md:8: train: there is no stage "everything"',
      "a.md:9: goalrank rank takes [options] <run>, got nothing",
      "a.md:10: there is no examples/configurations/none.json",
    ],
  );
});

test.run();
