/** Which format a text is in, where its first lines tell: those that say more than what stands between two fields. */
import type { LogFormat, QueryFormat } from "../settings.ts";

/** Lines that are looked at. */
const LINES = 50;

/** How the lines of a format look. */
const MARKS: readonly (readonly [format: LogFormat | QueryFormat, isLine: RegExp, isFirst?: RegExp])[] = [
  ["netflix", /^(\d+:|\d+,[1-5],\d{4}-\d\d-\d\d)$/, /^\d+:$/],
  ["letor", /^\d+(\.\d+)?( qid:\S+)?( \d+:[-+.\deE]+)+ *(#.*)?$/],
  ["mind", /^[^\t]*\t[^\t]+\t\d+\/\d+\/\d{4} [^\t]+\t[^\t]*\t\S+-[01]( \S+-[01])*$/],
  ["queries", /^\{.*"candidates"\s*:\s*\[\s*\{.*"(grade|features)"\s*:/],
  ["amazon-2018", /^\{(?=.*"reviewerID")(?=.*"asin")(?=.*"overall")(?=.*"unixReviewTime")/],
  ["amazon-2023", /^\{(?=.*"user_id")(?=.*"parent_asin")(?=.*"rating")(?=.*"timestamp")/],
  ["jsonl", /^\s*\{/],
];

/** The format of text by its first lines; undefined where it is one of fields between delimiters, or none. */
export function detectFormat(text: string): LogFormat | QueryFormat | undefined {
  const lines = text
    .split(/\r\n|\n|\r/)
    .filter((line) => line.trim() !== "")
    .slice(0, LINES);
  const [first = ""] = lines;
  const [found] =
    MARKS.find(([, isLine, isFirst]) => (isFirst?.test(first) ?? true) && lines.every((line) => isLine.test(line))) ??
    [];
  if (found !== undefined) return found;
  if (/(^|\t)\w+:(token|float)(_seq)?(\t|$)/.test(first)) return "recbole";
  const names = new Set(first.split(","));
  if (["item_id", "click", "propensity_score"].every((name) => names.has(name))) return "open-bandit";
  return isLists(lines) ? "lightgcn" : undefined;
}

/** Lines of a user and any number of items, all of them numbers: each user has one line, and they differ in length. */
function isLists(lines: readonly string[]): boolean {
  if (lines.length < 2 || !lines.every((line) => /^\d+( \d+)* *$/.test(line))) return false;
  const fields = lines.map((line) => line.trim().split(" "));
  const users = new Set(fields.map(([user]) => user));
  return users.size === lines.length && new Set(fields.map((own) => own.length)).size > 1;
}
