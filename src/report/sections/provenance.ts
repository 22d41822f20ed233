/** Where the run comes from and how to repeat it: configuration, versions, device, seed, data. */
import { stringify } from "yaml";
import { type Content, type Html, html } from "../html.ts";
import { absent, folded, type Pair, pairs, type Section } from "../parts.ts";
import type { StoredRun } from "../run-input.ts";

export const provenance: Section = {
  id: "provenance",
  name: "Configuration",
  title: "Configuration and provenance",
  hint: "every setting and version, and how to run it again",
  content: ({ name, configuration, run }) => html`
${configuration === undefined ? absent("The run has no config.json.") : folded("The whole configuration", html`<pre tabindex="0">${stringify(configuration, { lineWidth: 0 })}</pre>`)}
${run === undefined ? absent("The run has no run.json, which says where and by what it was run.") : pairs(describe(run))}
<h3>Run it again</h3>
<p>In the folder that holds the run; the same data, seed and settings give the same numbers.</p>
<pre tabindex="0">${rerun(name)}</pre>`,
};

/** A folder's name as a shell reads it. */
function rerun(name: string): string {
  const quoted = (text: string) => (/^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
  return `goalrank train all --config ${quoted(`${name}/config.json`)} --out ${quoted(`${name}-again`)}`;
}

function describe({ command, started, finished, ...others }: StoredRun): Pair[] {
  const words = Array.isArray(command) ? command.join(" ") : command;
  return [
    words !== undefined && ["Command", html`<code>${words}</code>`],
    started !== undefined && ["Started", time(started)],
    ["Finished", finished ? html`${time(finished)}${duration(started, finished)}` : "not yet"],
    ...Object.entries(others)
      .filter(isSaid)
      .map(([key, value]): Pair => [phrase(key), plain(value)]),
  ];
}

/** An empty list says nothing. */
function isSaid([, value]: [key: string, value: unknown]): boolean {
  return !Array.isArray(value) || value.length > 0;
}

function time(text: string): Html {
  const parsed = Date.parse(text);
  if (Number.isNaN(parsed)) return html`${text}`;
  const utc = new Date(parsed).toISOString();
  return html`<time datetime="${utc}">${utc.slice(0, 16).replace("T", " ")} UTC</time>`;
}

function duration(from: string | undefined, to: string): string {
  const seconds = from === undefined ? Number.NaN : (Date.parse(to) - Date.parse(from)) / 1000;
  if (!(seconds >= 0)) return "";
  if (seconds < 90) return `, after ${seconds.toFixed(0)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `, after ${minutes} minutes` : `, after ${(minutes / 60).toFixed(1)} hours`;
}

const NAMES: Readonly<Record<string, string>> = { goalrank: "GoalRank", node: "Node.js", webgpu: "WebGPU" };

/** `dataFingerprint` as "Data fingerprint". */
function phrase(key: string): string {
  if (Object.hasOwn(NAMES, key)) return NAMES[key];
  const words = key.replace(/([a-z0-9])([A-Z])/g, (_, before, after) => `${before} ${after.toLowerCase()}`);
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** A value of any form in words: what an object holds side by side, what a list holds line by line. */
function plain(value: unknown): Content {
  if (Array.isArray(value)) return value.map((own) => html`<div>${plain(own)}</div>`);
  if (typeof value !== "object" || value === null) return String(value);
  const parts = Object.entries(value).filter(isSaid);
  return parts.map(([key, own], i) => [i === 0 ? "" : ", ", `${key} `, plain(own)]);
}
