/** Every link from one document to another file or heading of the repository leads somewhere. */
import { existsSync } from "node:fs";
import { posix } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Link, type MarkdownFile, markdownFiles, parseMarkdown } from "./markdown.ts";

/** What is wrong with the links of `files`, given which files there are. */
function brokenLinks(files: readonly MarkdownFile[], exists: (path: string) => boolean): string[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const problem = ({ file, target }: Link): string | undefined => {
    const [path, anchor] = target.split("#");
    const goal = path === "" ? file : posix.join(posix.dirname(file), path);
    if (!exists(goal)) return "leads nowhere";
    const document = byPath.get(goal);
    const isMissing = anchor !== undefined && document?.anchors.has(anchor) !== true;
    return isMissing ? "leads to no heading" : undefined;
  };
  return files
    .flatMap(({ links }) => links)
    .filter(({ target }) => !/^[a-z]+:/.test(target))
    .flatMap((link) => {
      const found = problem(link);
      return found === undefined ? [] : [`${link.file}:${link.line}: ${link.target} ${found}`];
    });
}

test("every relative link leads to a file or a heading that is there", () => {
  const files = markdownFiles();
  assert.ok(files.some(({ path, links }) => path === "README.md" && links.length > 0));
  assert.equal(brokenLinks(files, existsSync), []);
});

test("links that lead nowhere are found", () => {
  const text = [
    "# One, `two`",
    "[a](b.md#there-it-is) [b](../LICENSE) [c](https://example.org/x) `[no](link.md)`",
    "```sh",
    "[no](link.md)",
    "```",
    "[d](#one-two) [e](#three) [f](none.md)",
    "[g](b.md#nowhere)",
  ];
  const files = [parseMarkdown("docs/a.md", text.join("\n")), parseMarkdown("docs/b.md", "## There it is\n")];
  const paths = ["docs/a.md", "docs/b.md", "LICENSE"];
  assert.equal(
    brokenLinks(files, (path) => paths.includes(path)),
    [
      "docs/a.md:6: #three leads to no heading",
      "docs/a.md:6: none.md leads nowhere",
      "docs/a.md:7: b.md#nowhere leads to no heading",
    ],
  );
});

test.run();
