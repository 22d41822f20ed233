/** What the run shows, in a sentence or two and a few figures. */
import { type Content, type Html, html } from "../html.ts";
import { bestMethod, isGoalRank, isLandmark, type Measure, measuresOf } from "../measures.ts";
import { count, decimal, pValue, signed } from "../numbers.ts";
import { absent } from "../parts.ts";
import type { ReportAdvantage, ReportInput, ReportResult } from "../run-input.ts";

export function summary({ result, stages }: ReportInput): Html {
  if (result === undefined) {
    const trained = stages.map(({ stage }) => stage).join(", ");
    return absent(
      html`This run has no result yet: ${stages.length === 0 ? "nothing was trained" : `so far it trained ${trained}`}. Make the report again once it is finished.`,
    );
  }
  return html`<p class="lead">${headline(result)} ${rankingSentence(result)}</p>${facts(result)}`;
}

/** Which method is best by what counts, by how much, and whether that may be chance. */
function headline(result: ReportResult): Content {
  const { advantages } = result;
  const main = mainMeasure(result);
  const best = main && bestMethod(result.rows, main);
  if (main === undefined || best === undefined) return "The run compares no methods.";
  const what = inText(main);
  const value = `${main.format(best[main.key])}${unitOf(main)}`;
  if (isGoalRank(best.method)) {
    const rival = bestMethod(
      result.rows.filter(({ method }) => !isGoalRank(method)),
      main,
    );
    const lead = advantages.find(({ over }) => over === rival?.method);
    if (lead === undefined) return html`<strong>GoalRank</strong> has the highest ${what}, ${value}.`;
    return html`<strong>GoalRank</strong> has the highest ${what}, ${value}: ${difference(lead)} than the next best, ${lead.over}${isClear(lead) ? "" : ", which may be chance"}.`;
  }
  const gap = advantages.find(({ over }) => over === best.method);
  const behind =
    gap && html` GoalRank gets ${difference(gap)}${isClear(gap) ? "" : ", which may be chance"}.`;
  return html`<strong>${best.method}</strong> has the highest ${what}, ${value}.${behind}`;
}

/** A measure within a sentence. */
function inText({ key, title }: Measure): string {
  return key === "trueReward" ? "true reward" : title.replace(" %", "");
}

function unitOf({ scale }: Measure): string {
  return scale === 100 ? "%" : "";
}

/** The measure that methods are compared by. */
function mainMeasure(result: ReportResult): Measure | undefined {
  const measures = measuresOf(result);
  return measures.find(({ key }) => key === "trueReward") ?? measures.find(({ key }) => key === "hit");
}

function difference({ mean, halfWidth, measure, pValue: chance }: ReportAdvantage): Html {
  const than = measure === "hits" ? [mean < 0 ? "fewer" : "more", "hits"] : [mean < 0 ? "less" : "more"];
  return html`${decimal(Math.abs(mean))} ${than.join(" ")} per list (95% interval ±${decimal(halfWidth)}, ${pValue(chance)})`;
}

function isClear({ mean, halfWidth, pValue: chance }: ReportAdvantage): boolean {
  return Math.abs(mean) > halfWidth && chance < 0.05;
}

/** Who is best by the metrics that look at the log. */
function rankingSentence(result: ReportResult): Content {
  const metrics = measuresOf(result).filter(({ scale }) => scale === 100);
  const winners = new Map<string, string[]>();
  for (const metric of metrics) {
    const best = bestMethod(result.rows, metric);
    if (best === undefined) continue;
    winners.set(best.method, [...(winners.get(best.method) ?? []), inText(metric)]);
  }
  if (winners.size === 0) return undefined;
  const parts = [...winners].map(([method, names]) => html`${method} is best by ${listed(names)}`);
  return html`Against what the log showed and its users liked, ${parts.map((part, i) => [i === 0 ? "" : "; ", part])}.`;
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

function facts(result: ReportResult): Html {
  const { rows, judge, testRequests, trueCorrelation, advantages } = result;
  const own = rows.find(({ method }) => isGoalRank(method));
  const main = mainMeasure(result);
  const entries: [Content, Content][] = [];
  if (own !== undefined && main !== undefined) {
    const halfWidth = own.halfWidths?.[main.key];
    const around = halfWidth === undefined ? "" : `±${main.format(halfWidth)}`;
    entries.push([
      `GoalRank's ${inText(main)}`,
      html`${main.format(own[main.key])}${unitOf(main)} <small>${around}</small>`,
    ]);
    const rivals = rows.filter(({ method }) => !isGoalRank(method) && !isLandmark(method));
    const rival = bestMethod(rivals, main);
    const lead = advantages.find(({ over }) => over === rival?.method);
    if (lead !== undefined) {
      entries.push([
        `over ${lead.over}`,
        html`${signed(lead.mean)} <small>±${decimal(lead.halfWidth)} ${lead.measure}</small>`,
      ]);
    }
  }
  const correlation = trueCorrelation ?? judge?.pearson;
  if (correlation !== undefined) {
    const against = trueCorrelation === undefined ? "feedback" : "true reward";
    entries.push([`Reward model, correlation with ${against}`, decimal(correlation)]);
  }
  if (testRequests !== undefined) {
    const judged = own?.users;
    const liked =
      judged === undefined ? "" : `${judged === testRequests ? "all" : count(judged)} with a liked candidate`;
    entries.push(["Test requests", html`${count(testRequests)} <small>${liked}</small>`]);
  }
  return html`<dl class="facts">${entries.map(([term, value]) => html`<div><dt>${term}</dt><dd>${value}</dd></div>`)}</dl>`;
}
