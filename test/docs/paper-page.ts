/**
 * docs/paper.md, made of the table in `src/goalrank/paper.ts`:
 *
 *   npx tsx test/docs/paper-page.ts
 */
import { writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { PAPER } from "../../src/goalrank/paper.ts";

const HEAD = `# The paper by number

Where each numbered thing of *GoalRank: Group-Relative Optimization for a Large Ranking Model*
([arXiv 2509.22046](https://arxiv.org/abs/2509.22046)) is in this code, and what is missing. The page is made of
\`src/goalrank/paper.ts\` by \`npx tsx test/docs/paper-page.ts\`; a test holds that every symbol exists.

| number | what it says | where | missing |
|---|---|---|---|
`;

/** The whole page. */
export function paperPage(): string {
  const rows = PAPER.map(({ number, says, at, missing = "" }) => {
    const links = at.map((place) => {
      const [file, symbol] = place.split("#");
      return `[\`${symbol}\`](../src/${file})`;
    });
    return `| ${number} | ${says} | ${links.join(", ")} | ${missing} |\n`;
  });
  return HEAD + rows.join("");
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) writeFileSync("docs/paper.md", paperPage());
