/** The whole page: one HTML file that asks the network for nothing and runs no script. */
import { createHash } from "node:crypto";
import { type Html, html, trusted } from "./html.ts";
import type { Section } from "./parts.ts";
import type { ReportInput } from "./run-input.ts";
import { comparison } from "./sections/comparison.ts";
import { data } from "./sections/data.ts";
import { glossary } from "./sections/glossary.ts";
import { groups } from "./sections/groups.ts";
import { learning } from "./sections/learning.ts";
import { provenance } from "./sections/provenance.ts";
import { rankings } from "./sections/rankings.ts";
import { reward } from "./sections/reward.ts";
import { headline, subject, verdictPart } from "./sections/verdict.ts";
import { STYLE } from "./style.ts";

/** Folded, below the verdict. */
const SECTIONS: readonly Section[] = [comparison, data, glossary, rankings, reward, learning, groups, provenance];

/** A run as a page that can be opened, mailed and kept by itself. The same run gives the same page. */
export function renderReport(run: ReportInput): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${SECURITY_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${headline(run)} · ${subject(run)} · GoalRank</title>
<style>${trusted(STYLE)}</style>
</head>
<body>
<div class="page">
<header>
<p class="kicker">GoalRank report: which ranking to serve · ${subject(run)}${run.run?.started !== undefined && ` · ${run.run.started.slice(0, 10)}`}</p>
<h1${run.result?.verdict?.deploy === null && html` class="blocked"`}>${headline(run)}</h1>
</header>
<div class="answer">
${verdictPart(run)}
</div>
<main>
<h2 class="more">More, for who asks</h2>
${SECTIONS.map((section) => sectionElement(section, run))}
</main>
<footer>Made by <code>goalrank report</code> from the files of the run. Intervals are of 95%, Student's t over requests. The run's folder is called ${run.name}.</footer>
</div>
</body>
</html>
`.text;
}

function sectionElement({ id, name, title = name, hint, content }: Section, run: ReportInput): Html {
  return html`<section id="${id}" aria-labelledby="${id}-title">
<details class="part"><summary><h2 id="${id}-title">${title}</h2><span class="hint">${hint}</span></summary>
${content(run)}
</details>
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
