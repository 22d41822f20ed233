/** The project's Markdown documents: their code, links and headings. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A fenced block of code. */
export interface CodeBlock {
  /** The document's path from the root of the repository, and the line of the block's first line of code. */
  readonly file: string;
  readonly line: number;
  readonly language: string;
  readonly text: string;
  /** From a comment right before it: `<!-- continues -->` belongs to the program of the block before it. */
  readonly continues: boolean;
  /** From a comment right before it: `<!-- not run: REASON -->`. */
  readonly notRun: string | undefined;
  /** From a comment right before it: `<!-- from FILE -->`. It shows a part of the file. */
  readonly excerptOf: string | undefined;
}

/** Code within a line of text. */
export interface CodeSpan {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

export interface Link {
  readonly file: string;
  readonly line: number;
  readonly target: string;
}

export interface MarkdownFile {
  readonly path: string;
  readonly blocks: readonly CodeBlock[];
  readonly spans: readonly CodeSpan[];
  readonly links: readonly Link[];
  /** Of the headings, as GitHub makes them. */
  readonly anchors: ReadonlySet<string>;
}

const FENCE = /^(\s*)```(\S*)\s*$/;
const SPAN = /`([^`]*)`/g;
const LINK = /\]\(([^)\s]+)\)/g;
const HEADING = /^#{1,6}\s+(.*?)\s*$/;
const CONTINUES = /^<!-- continues -->$/;
const NOT_RUN = /^<!-- not run: (.+) -->$/;
const EXCERPT = /^<!-- from (\S+) -->$/;

/** Those of the repository: README.md and its like, and those in its folders. */
export function markdownFiles(): MarkdownFile[] {
  const inFolder = (folder: string) =>
    existsSync(folder)
      ? readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name))
      : [];
  const root = readdirSync(".", { encoding: "utf8" });
  return [...root, ...inFolder("docs"), ...inFolder("bench"), ...inFolder("examples")]
    .filter((path) => path.endsWith(".md") && !path.includes("node_modules"))
    .sort()
    .map((path) => parseMarkdown(path, readFileSync(path, "utf8")));
}

export function parseMarkdown(path: string, text: string): MarkdownFile {
  const lines = text.split("\n");
  const blocks: CodeBlock[] = [];
  const spans: CodeSpan[] = [];
  const links: Link[] = [];
  const anchors = new Set<string>();
  let note = "";
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at];
    const fence = FENCE.exec(line);
    if (fence !== null) {
      const [, indent, language] = fence;
      const end = lines.findIndex((other, n) => n > at && other === `${indent}\`\`\``);
      if (end === -1) throw new Error(`${path}:${at + 1}: this block of code never ends`);
      const code = lines.slice(at + 1, end).map((own) => own.slice(indent.length));
      blocks.push({
        file: path,
        line: at + 2,
        language,
        text: `${code.join("\n")}\n`,
        continues: CONTINUES.test(note),
        notRun: NOT_RUN.exec(note)?.[1],
        excerptOf: EXCERPT.exec(note)?.[1],
      });
      at = end;
      note = "";
      continue;
    }
    if (line.trim() !== "") note = line.trim();
    for (const [, code] of line.matchAll(SPAN)) spans.push({ file: path, line: at + 1, text: code });
    const prose = line.replaceAll(SPAN, (code) => " ".repeat(code.length));
    for (const [, target] of prose.matchAll(LINK)) links.push({ file: path, line: at + 1, target });
    const heading = HEADING.exec(line)?.[1];
    if (heading !== undefined) anchors.add(anchorOf(heading));
  }
  return { path, blocks, spans, links, anchors };
}

/** `## The "house", again` is reached by `#the-house-again`. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(/\s/g, "-");
}
