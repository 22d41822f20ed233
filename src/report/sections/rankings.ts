/** Examples of ranked lists: what was shown and liked, the DNN's order, and GoalRank's list. */
import type { Anatomy, RequestAnatomy } from "../../run/anatomy-schema.ts";
import { type Content, type Html, html } from "../html.ts";
import { decimal } from "../numbers.ts";
import { folded } from "../parts.ts";
import { Items, sectionOfRequests } from "./items.ts";

export const rankings = sectionOfRequests(
  {
    id: "lists",
    name: "Ranked lists",
    title: "Examples of ranked lists",
    hint: "what was shown, and what two methods would show",
  },
  (anatomy) => html`
<p>Test requests drawn by chance among those with a liked candidate. A tick marks what the user liked of what was shown; the other items may have been liked too, had they been shown.${untitled(anatomy)}</p>
${anatomy.requests.map((request, i) => example(anatomy, request, i))}`,
);

/** Why items have no titles, where they have none. */
function untitled({ items, requests }: Anatomy): Content {
  if (Object.values(items).some(({ title }) => title !== undefined)) return undefined;
  if (requests[0].lists.dnn.trueReward !== undefined) return " The items of the embedded world have numbers only.";
  return html` Items stand by their names in the log; <code>data.itemFeatures.title</code> in the configuration gives them titles.`;
}

/** Items of the history that are shown; the older ones are counted. */
const RECENT = 10;

function example(anatomy: Anatomy, request: RequestAnatomy, index: number): Html {
  const items = new Items(anatomy.items, request);
  const { user, lists, candidates, shown, shownOutside } = request;
  const worth = ({ items: own, reward, trueReward }: typeof lists.dnn) =>
    html`${items.countLiked(own)} liked · reward ${decimal(reward, 2)}${trueReward !== undefined && `, truly ${decimal(trueReward, 2)}`}`;
  const outside = shownOutside > 0 && `${shownOutside} more shown, not among the candidates`;
  const numbersOf = (found: readonly { readonly item: number }[]) => found.map(({ item }) => item);
  const dnn = new Map(candidates.map(({ item, probability }) => [item, probability]));
  const top = lists.dnn.items;
  const chances = top.map((item) => dnn.get(item) ?? 0);
  return html`<article class="request"><h3>Request ${index + 1}: user ${user}</h3>
${history(items, request)}
<div class="columns">
${items.list("Shown by the log", numbersOf(shown), lists.shown ? worth(lists.shown) : outside)}
${items.list(`DNN, top ${top.length}`, top, worth(lists.dnn), chances)}
${items.list("GoalRank", lists.goalRank.items, worth(lists.goalRank), lists.goalRank.probabilities)}
</div>
${folded(`All ${candidates.length} candidates in the DNN's order`, items.inline(numbersOf(candidates)))}</article>`;
}

function history(items: Items, { history: met }: RequestAnatomy): Html {
  if (met.length === 0) return html`<p class="note">Nothing is known of what the user met before.</p>`;
  const recent = met.slice(-RECENT).reverse();
  const older = met.length - recent.length;
  return html`<h4>Met before, newest first</h4>
<ul class="chips">${recent.map(({ item, liked }) => html`<li>${items.label(item, liked)}</li>`)}${older > 0 && html`<li>and ${older} older</li>`}</ul>`;
}
