/** What the page begins with: what to deploy, how sure that is, what to watch, and what to do next. */
import { basename } from "node:path";
import { summaryOf } from "../../methods/summaries.ts";
import type { Gate, StoredResult, Verdict } from "../../run/result-schema.ts";
import { nextOf } from "../../run/verdict/verdict.ts";
import { listed, measureTitle } from "../../run/verdict/words.ts";
import { type Content, type Html, html } from "../html.ts";
import { intervalFigure } from "../intervals.ts";
import { count, decimal, percent, pValue, signed } from "../numbers.ts";
import { absent } from "../parts.ts";
import type { ReportInput } from "../run-input.ts";

/** The verdict in a few words: the title of the page. */
export function headline({ result, name }: ReportInput): string {
  const { verdict } = result ?? {};
  if (result === undefined) return "Not finished yet";
  if (verdict === undefined) return `Results of ${name}`;
  const { deploy, choice } = verdict;
  if (deploy === null) return "Deploy nothing yet";
  return deploy === "retriever" ? "Keep the retriever" : `Deploy ${titleOf(choice, deploy)}`;
}

/** What the run is of: the log's name, or the world. */
export function subject({ configuration, name }: ReportInput): string {
  const { file, scenario } = (configuration?.data ?? {}) as { readonly file?: unknown; readonly scenario?: unknown };
  if (typeof file === "string") return basename(file);
  return typeof scenario === "string" ? `embedded world “${scenario}”` : name;
}

export function verdictPart(run: ReportInput): Html {
  const { result, stages, name } = run;
  if (result === undefined) {
    const trained = stages.map(({ stage }) => stage).join(", ");
    return absent(
      html`This run has no result yet: ${stages.length === 0 ? "nothing was trained" : `so far it trained ${trained}`}. Make the report again once it is finished.`,
    );
  }
  const { verdict } = result;
  if (verdict === undefined) {
    return absent("This run has no verdict: an earlier version made it. goalrank evaluate gives the verdict on it.");
  }
  const { gates, served, deploy, goalRank } = verdict;
  return html`<p class="lead">${lead(verdict, result)}</p>
${served !== deploy && html`<p class="warning"><strong>${served === null ? "Nothing" : titleOf(verdict.choice, served)} is served all the same:</strong> the setting <code>deploy</code> overrules the verdict.</p>`}
<div class="columns verdict">
<div><h2>How sure is that?</h2>${confidence(verdict, result)}</div>
<div>${leadFigure(verdict, result)}</div>
</div>
<h2>What to watch</h2>
${gates.length === 0 ? html`<p>Nothing stands out in the data or in the test.</p>` : html`<ul class="gates">${gates.map(gateItem)}</ul>`}
${goalRank && html`<h2>Is GoalRank worth it here?</h2><p>${goalRank.text}</p>`}
<h2>Next step</h2>
<p>${nextWords(verdict)}</p>
<pre tabindex="0">${nextOf(verdict, quoted(name))}</pre>`;
}

function titleOf({ methods }: Verdict["choice"], name: string | undefined): string {
  return methods.find((own) => own.name === name)?.method ?? name ?? "nothing";
}

/** A folder's name as a shell reads it. */
export function quoted(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** A sentence or two for somebody who reads no further. */
function lead(verdict: Verdict, result: StoredResult): Content {
  const { deploy, choice, gates } = verdict;
  const { overRetriever, overRandom } = choice;
  if (deploy === null) return gates.flatMap(({ name }) => BLOCKED[name] ?? [])[0];
  const summary = summaryOf(deploy);
  const title = titleOf(choice, deploy);
  if (deploy === "retriever") {
    return "No trained method is shown to order the candidates better than the retriever, which finds them anyhow. Its own order is the one to serve.";
  }
  const best = overRetriever ?? overRandom;
  const over =
    best &&
    ` It puts what people liked higher than ${best.over === "random" ? "a random order" : `the ${best.over}`} does: ${new Measured(choice, result).lead(best.mean)}.`;
  return html`${summary === undefined ? "" : html`<strong>${title}</strong>: ${lowered(summary)}`}${over}`;
}

function lowered(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}

/** What the methods were chosen by. */
class Measured {
  readonly title: string;
  /** For somebody who never heard of it. */
  readonly meaning: string;
  readonly scale: number;
  private readonly isShare: boolean;

  constructor({ measure }: Verdict["choice"], { listLength = 0 }: StoredResult) {
    this.isShare = measure !== "trueReward";
    this.scale = this.isShare ? 100 : 1;
    this.title = measureTitle({ measure }, listLength);
    this.meaning = this.isShare
      ? `${this.title} says how near the top the liked items stand: 100% if all of them come first.`
      : "True reward is how many items of a list its users like on average.";
  }

  /** A mean. */
  value(mean: number): string {
    return this.isShare ? `${percent(mean)}%` : decimal(mean);
  }

  /** How much, or from how much to how much, with its unit. */
  lead(...ends: readonly number[]): string {
    const numbers = ends.map((end) => signed(this.scale * end, this.isShare ? 1 : 2)).join(" to ");
    return `${numbers} ${this.isShare ? `points of ${this.title}` : "liked items a list"}`;
  }
}

function confidence(verdict: Verdict, result: StoredResult): Html {
  const { choice } = verdict;
  const { lists, methods, chosen, overRandom, overRetriever } = choice;
  const own = methods.find(({ name }) => name === chosen);
  if (own === undefined)
    return html`<p>${count(lists)} validation lists hold something liked: too few to choose by.</p>`;
  const noise = methods.filter(({ isWithinNoise, name }) => isWithinNoise && name !== chosen);
  const candidates = result.protocols?.candidates.validation;
  const measured = new Measured(choice, result);
  const leads = [overRetriever, overRandom].flatMap((difference) => {
    if (difference === undefined) return [];
    const { mean, halfWidth, pValue: chance, over } = difference;
    const ends = measured.lead(mean - halfWidth, mean + halfWidth);
    const shown = mean > 0 && chance < 0.05 ? "better" : mean < 0 && chance < 0.05 ? "worse" : "not shown to be better";
    return [
      html`<li>Against ${over === "random" ? "a random order" : `the ${over}`}: ${shown}, by ${ends} (95% interval, ${pValue(chance)}).</li>`,
    ];
  });
  return html`<p>${own.method} came out first on ${count(lists)} validation lists${candidates !== undefined && ` of ${candidates} candidates`}, which no method had learned from.</p>
<ul>${leads}${noise.length > 0 && html`<li>${listed(noise.map(({ method }) => method))} cannot be told apart from it; the simplest is taken.</li>`}</ul>
<p class="note">${measured.meaning}</p>
${testLine(verdict, result)}`;
}

/** What the test lists say of the chosen method, beside the retriever or random. */
function testLine({ choice }: Verdict, result: StoredResult): Content {
  const { rows, protocols } = result;
  const measured = new Measured(choice, result);
  const value = (name: string | undefined) => {
    const row = rows.find((own) => own.name === name);
    const mean = row?.[choice.measure];
    return row === undefined || mean === undefined ? [] : [`${row.method} ${measured.value(mean)}`];
  };
  const names = [choice.chosen, ...["retriever", "random"].filter((name) => name !== choice.chosen)];
  const values = names.flatMap(value);
  if (values.length === 0) return undefined;
  const kind = protocols === undefined ? "" : ` of ${protocols.candidates.test} candidates`;
  return html`<p class="note">The test lists${kind}, which took no part in the choice, say by ${measured.title}: ${values.join(", ")}.</p>`;
}

/** The methods on validation lists, the best on top. */
function leadFigure({ choice }: Verdict, result: StoredResult): Content {
  const { methods, chosen, lists } = choice;
  const { protocols } = result;
  if (methods.length < 2) return undefined;
  const measured = new Measured(choice, result);
  const kind = protocols === undefined ? "" : `, ${protocols.candidates.validation} candidates`;
  return intervalFigure({
    title: `${capitalised(measured.title)} on ${count(lists)} validation lists${kind}`,
    about: "Methods by what they were chosen by",
    intervals: methods
      .toSorted((a, b) => b.mean - a.mean)
      .map(({ name, method, mean, halfWidth = 0, isWithinNoise }) => ({
        name: method,
        value: measured.scale * mean,
        halfWidth: measured.scale * halfWidth,
        label: measured.value(mean),
        tone: name === chosen ? "chosen" : isWithinNoise ? "plain" : "faint",
      })),
    legend: [
      ["chosen", "chosen"],
      ["plain", "as good, as far as can be told"],
      ["faint", "clearly worse"],
    ],
  });
}

function gateItem({ name, text, blocks }: Gate): Html {
  return html`<li${blocks && html` class="blocks"`}><strong>${GATE_TITLES[name] ?? name}.</strong> ${sentence(text)}</li>`;
}

function sentence(text: string): string {
  return `${capitalised(text)}.`;
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Why nothing is deployed, for somebody who reads no further. */
const BLOCKED: Readonly<Record<string, string>> = {
  "no-training-lists": "There was nothing to learn from: no list was left for training.",
  "no-validation-lists": "There was nothing to choose by: too few lists could be kept aside to compare the methods on.",
  "not-above-random": "The best method is not shown to put what people like higher than a random order does.",
  "measures-injection":
    "The test mixed what was shown into what the retriever finds, and the two can be told apart without knowing what anybody " +
    "likes. High figures below are of that trick; they say nothing of real requests.",
  "rival-is-better": "The other ranker that was compared answers these queries better: take that one.",
};

/** Gates as people call them. */
const GATE_TITLES: Readonly<Record<string, string>> = {
  "no-training-lists": "Nothing was learned",
  "no-validation-lists": "Nothing to choose by",
  "not-above-random": "Not better than chance",
  "measures-injection": "The test measures itself",
  "rival-is-better": "Theirs is better",
  "not-above-retriever": "Training has not paid yet",
  "within-noise": "A close race",
  "test-disagrees": "The test disagrees",
  judge: "The reward model knows too little",
  "all-positive": "Nearly everything is liked",
  "too-few-steps": "Hardly trained",
  "not-converged": "Training was not over",
  "liked-but-negative": "Likes that counted against",
  "few-test-lists": "A small test",
  core: "Much was left out",
};

function nextWords({ served, gates }: Verdict): string {
  if (served !== null)
    return "In the folder that holds the run, this answers requests over HTTP; compare it with what is there today before it replaces anything.";
  return gates.some(({ name }) => name === "measures-injection")
    ? "In the folder that holds the run, this trains again on candidates like those that a server gets:"
    : "Mend what is listed above, then train again. Meanwhile this page can be made anew:";
}
