/** The whole page: one HTML file that asks the network for nothing and runs no script. */
import { createHash } from "node:crypto";
import { type Html, html, trusted } from "./html.ts";
import type { Section } from "./parts.ts";
import type { ReportInput } from "./run-input.ts";
import { comparison } from "./sections/comparison.ts";
import { data } from "./sections/data.ts";
import { groups } from "./sections/groups.ts";
import { learning } from "./sections/learning.ts";
import { provenance } from "./sections/provenance.ts";
import { rankings } from "./sections/rankings.ts";
import { reward } from "./sections/reward.ts";
import { summary } from "./sections/summary.ts";
import { STYLE } from "./style.ts";

const SECTIONS: readonly Section[] = [comparison, rankings, reward, groups, learning, data, provenance];

/** A run as a page that can be opened, mailed and kept by itself. The same run gives the same page. */
export function renderReport(run: ReportInput): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${SECURITY_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${run.name} · GoalRank</title>
<style>${trusted(STYLE)}</style>
</head>
<body>
<div class="page">
<header>
<p class="kicker">GoalRank · report of a run${run.run?.started !== undefined && ` · ${run.run.started.slice(0, 10)}`}</p>
<h1>${run.name}</h1>
${summary(run)}
</header>
<nav aria-label="Sections"><ul>${SECTIONS.map(({ id, name }) => html`<li><a href="#${id}">${name}</a></li>`)}</ul></nav>
<main>
${SECTIONS.map((section) => sectionElement(section, run))}
</main>
<footer>Made by <code>goalrank report</code> from the files of the run. Intervals are of 95%, Student's t over requests.</footer>
</div>
</body>
</html>
`.text;
}

function sectionElement({ id, name, title = name, content }: Section, run: ReportInput): Html {
  return html`<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${title}</h2>
${content(run)}
</section>
`;
}

/** Nothing but the page's own style sheet, known by its hash. */
const SECURITY_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'`,
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");
