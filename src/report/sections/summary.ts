/** What the run shows, in a sentence or two and a few figures. */
import type { StoredAdvantage, StoredResult, StoredRow } from "../../run/result-schema.ts";
import { type Content, type Html, html } from "../html.ts";
import { bestMethod, isGoalRank, type Measure, measuresOf } from "../measures.ts";
import { count, decimal, pValue, signed } from "../numbers.ts";
import { absent, type Pair } from "../parts.ts";
import type { ReportInput } from "../run-input.ts";

export function summary({ result, stages }: ReportInput): Html {
  if (result === undefined) {
    const trained = stages.map(({ stage }) => stage).join(", ");
    return absent(
      html`This run has no result yet: ${stages.length === 0 ? "nothing was trained" : `so far it trained ${trained}`}. Make the report again once it is finished.`,
    );
  }
  const main = mainMeasure(result);
  return html`<p class="lead">${headline(result, main)} ${rankingSentence(result)}</p>${facts(result, main)}`;
}

/** The measure that methods are compared by. */
function mainMeasure(result: StoredResult): Measure | undefined {
  const measures = measuresOf(result);
  return (
    measures.find(({ key }) => key === "trueReward") ?? measures.find(({ key }) => key === "ndcg10" || key === "hit")
  );
}

/** Which method is best by what counts, by how much, and whether that may be chance. */
function headline(result: StoredResult, main: Measure | undefined): Content {
  const best = main && bestMethod(result.rows, main);
  if (main === undefined || best === undefined) return "The run compares no methods.";
  const isOwn = isGoalRank(best.method);
  const first = html`<strong>${isOwn ? "GoalRank" : best.method}</strong> has the highest ${inText(main)}, ${value(main, best)}`;
  const lead = leadOver(result, isOwn ? bestOther(result, main) : best);
  if (lead === undefined) return html`${first}.`;
  const { mean, halfWidth, measure, over, pValue: chance } = lead;
  const than = measure === "hits" ? [mean < 0 ? "fewer" : "more", "hits"] : [mean < 0 ? "less" : "more"];
  const difference = `${decimal(Math.abs(mean))} ${than.join(" ")} per list (95% interval ±${decimal(halfWidth)}, ${pValue(chance)})`;
  const isClear = Math.abs(mean) > halfWidth && chance < 0.05;
  const doubt = isClear ? "" : ", which may be chance";
  return isOwn
    ? html`${first}: ${difference} than the next best, ${over}${doubt}.`
    : html`${first}. GoalRank gets ${difference}${doubt}.`;
}

/** A measure within a sentence. */
function inText({ key, title }: Measure): string {
  return key === "trueReward" ? "true reward" : title.replace(" %", "");
}

/** Of a method, with its unit. */
function value({ key, format, scale }: Measure, row: StoredRow): string {
  return `${format(row[key])}${scale === 100 ? "%" : ""}`;
}

/** The best method besides GoalRank. */
function bestOther({ rows }: StoredResult, main: Measure): StoredRow | undefined {
  const others = rows.filter(({ method }) => !isGoalRank(method));
  return bestMethod(others, main);
}

function leadOver({ advantages }: StoredResult, row: StoredRow | undefined): StoredAdvantage | undefined {
  return advantages.find(({ over }) => over === row?.method);
}

/** Who is best by the metrics that look at the log. */
function rankingSentence(result: StoredResult): Content {
  const winners = new Map<string, string[]>();
  for (const metric of measuresOf(result).filter(({ scale }) => scale === 100)) {
    const best = bestMethod(result.rows, metric);
    if (best === undefined) continue;
    winners.set(best.method, [...(winners.get(best.method) ?? []), inText(metric)]);
  }
  if (winners.size === 0) return undefined;
  const parts = [...winners].map(([method, names]) => `${method} is best by ${listed(names)}`);
  return `Against what the log showed and its users liked, ${parts.join("; ")}.`;
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

function facts(result: StoredResult, main: Measure | undefined): Html {
  const { rows, judge, testRequests, trueCorrelation } = result;
  const own = rows.find(({ method }) => isGoalRank(method));
  const around = main && own?.halfWidths?.[main.key];
  const lead = main && own && leadOver(result, bestOther(result, main));
  const correlation = trueCorrelation ?? judge?.pearson;
  const against = trueCorrelation === undefined ? "feedback" : "true reward";
  const liked = own?.users === testRequests ? "all" : count(own?.users ?? 0);
  const entries: Pair[] = [
    own !== undefined &&
      main !== undefined && [
        `GoalRank's ${inText(main)}`,
        html`${value(main, own)} <small>${around !== undefined && `±${main.format(around)}`}</small>`,
      ],
    lead !== undefined && [
      `over ${lead.over}`,
      html`${signed(lead.mean)} <small>±${decimal(lead.halfWidth)} ${lead.measure}</small>`,
    ],
    correlation !== undefined && [`Reward model, correlation with ${against}`, decimal(correlation)],
    testRequests !== undefined && [
      "Test requests",
      html`${count(testRequests)} <small>${own?.users !== undefined && `${liked} with a liked candidate`}</small>`,
    ],
  ];
  return html`<dl class="facts">${entries.filter((pair) => pair !== false).map(([term, own]) => html`<div><dt>${term}</dt><dd>${own}</dd></div>`)}</dl>`;
}
