/** Anatomy of groups: the lists that training compares for one request, their rewards, and both policies over them. */
import * as Plot from "@observablehq/plot";
import type { Anatomy, GroupAnatomy, GroupList, RequestAnatomy } from "../../run/anatomy-schema.ts";
import { bar, type FigureOptions, figure, markLegend } from "../figure.ts";
import { type Content, type Html, html } from "../html.ts";
import { decimal, percent } from "../numbers.ts";
import { folded } from "../parts.ts";
import { Items, sectionOfRequests } from "./items.ts";

export const groups = sectionOfRequests(
  {
    id: "groups",
    name: "Groups",
    title: "Anatomy of groups",
    hint: "for experts: the lists that GoalRank learns from, and their rewards",
  },
  (anatomy) => html`
<p>At each step of its training GoalRank compares a group of lists for every request. The reward model gives each list a reward <i>r</i>; <i>z</i> is the reward in standard deviations from the mean of its group. The reference policy <i>π</i><sub>ref</sub> = softmax(<i>z</i> / ${anatomy.referenceTemperature}) says how often each list should be shown, and training moves the generator's <i>π</i><sub>θ</sub>, here over the lists of the group alone, towards it. These groups were built after training, for the requests above. To move their numbers, open one in the lab: <code>goalrank lab RUN --request 1</code>.</p>
${anatomy.requests.map((request, i) => dissection(anatomy, request, i))}`,
);

function dissection(anatomy: Anatomy, request: RequestAnatomy, index: number): Html {
  const { group, user } = request;
  const { lists, repetitions, meanReward, rewardDeviation } = group;
  const repeated = repetitions === 0 ? "" : ` ${repetitions} more repeat one of them and do not count.`;
  const spread = rewardDeviation === 0 ? " All have the same reward, so training learns nothing from this group." : "";
  return html`<article class="request"><h3>Request ${index + 1}: user ${user}</h3>
<p class="note">${lists.length} distinct lists; mean reward ${decimal(meanReward)}, standard deviation ${decimal(rewardDeviation)}.${repeated}${spread}</p>
<div class="figures">${rewardFigure(group)}${policyFigure(group)}${likelihoodFigure(group)}</div>
${listTable(new Items(anatomy.items, request), group)}</article>`;
}

const SOURCE_HEIGHT = 30;

/** A dot for each list: reward across, a row for each source, area by the reference policy. */
function rewardFigure({ lists, meanReward, rewardDeviation }: GroupAnatomy): Html {
  const sources = [...new Set(lists.map(({ source }) => source))];
  const range = (own: readonly GroupList[]): [number, number] => {
    const rewards = own.map(({ reward }) => reward);
    return [Math.min(...rewards), Math.max(...rewards)];
  };
  const words = sources.map((source) => {
    const [least, most] = range(lists.filter((list) => list.source === source));
    return `${source} from ${decimal(least)} to ${decimal(most)}`;
  });
  const [least, most] = range(lists);
  const ticks = (rewardDeviation === 0 ? [0] : [-2, -1, 0, 1, 2])
    .map((z) => ({ z, reward: meanReward + z * rewardDeviation }))
    .filter(({ reward }) => reward >= least && reward <= most);
  return groupFigure(lists, {
    title: "Reward by source",
    description: `Rewards of the lists of each source: ${words.join("; ")}`,
    legend: markLegend(["bubble", html`a list; the larger, the higher <i>π</i><sub>ref</sub>`]),
    marginLeft: 78,
    x: { label: "reward r →", labelAnchor: "right", ticks: 4, inset: 10 },
    y: { type: "point", domain: sources, label: null, tickSize: 0 },
    r: { type: "sqrt", domain: [0, 1], range: [2.5, 16] },
    marks: [
      Plot.ruleX(ticks, { x: "reward", stroke: "var(--line)", strokeDasharray: "3 3" }),
      Plot.text(ticks, {
        x: "reward",
        frameAnchor: "top",
        dy: -14,
        text: ({ z }: { z: number }) => (z === 0 ? "z = 0" : z > 0 ? `+${z}` : `−${-z}`),
        fill: "var(--muted)",
      }),
      Plot.dot(lists, {
        x: "reward",
        y: "source",
        r: "reference",
        fill: "var(--accent)",
        fillOpacity: 0.55,
        stroke: "var(--page)",
        strokeWidth: 0.75,
      }),
    ],
  });
}

/** Both policies over the lists by falling reward. */
function policyFigure({ lists }: GroupAnatomy): Html {
  const ranked = lists.map((list, i) => ({ ...list, rank: i + 1 }));
  const description = `Reference policy and generator over the lists by falling reward; the best list has ${percent(lists[0]?.reference)}% and ${percent(lists[0]?.policy)}%`;
  const most = Math.max(mostWeight(lists), 1e-6);
  return groupFigure(lists, {
    title: "Where both policies put their weight",
    description,
    legend: markLegend(
      ["bar", html`<i>π</i><sub>ref</sub>, the aim`],
      ["dot", html`<i>π</i><sub>θ</sub>, the generator`],
    ),
    x: { label: "lists by falling reward →", ticks: 5, domain: [0, lists.length + 1] },
    y: {
      label: "probability",
      domain: [0, most],
      grid: true,
      percent: false,
      ticks: 4,
      tickFormat: (value: number) => `${percent(value, most < 0.1 ? 1 : 0)}%`,
    },
    marks: [
      Plot.rectY(ranked, {
        x1: ({ rank }: { rank: number }) => rank - 0.4,
        x2: ({ rank }: { rank: number }) => rank + 0.4,
        y: "reference",
        fill: "var(--warm)",
        fillOpacity: 0.45,
      }),
      Plot.dot(ranked, { x: "rank", y: "policy", r: 3, fill: "var(--accent)" }),
      Plot.ruleY([0], { stroke: "var(--line)" }),
    ],
  });
}

/** Reward against likelihood: whether the generator likes lists as the reward model does. */
function likelihoodFigure({ lists }: GroupAnatomy): Html {
  const described = lists
    .slice(0, 3)
    .map(({ logProbability, reward }) => `${decimal(logProbability, 1)} and ${decimal(reward)}`);
  const own = lists.filter(({ source }) => source === "policy");
  const others = lists.filter(({ source }) => source !== "policy");
  const place = { x: "logProbability", y: "reward", r: 3.5 };
  return groupFigure(lists, {
    title: "Reward and likelihood",
    description: `Log-probability of each list under the generator, and its reward; the best three: ${described.join("; ")}`,
    legend: markLegend(["dot", "of the generator"], ["ring", "of another source"]),
    x: { label: "log-probability of the list →", ticks: 5, nice: true, inset: 6 },
    y: { label: "reward r", grid: true, ticks: 4, nice: true },
    marks: [
      Plot.dot(others, { ...place, stroke: "var(--muted)" }),
      Plot.dot(own, { ...place, fill: "var(--accent)", fillOpacity: 0.8 }),
    ],
  });
}

/** Of one height for the figures of one group. */
function groupFigure(lists: readonly GroupList[], options: FigureOptions): Html {
  const sources = new Set(lists.map(({ source }) => source));
  return figure({ height: Math.max(190, 66 + SOURCE_HEIGHT * sources.size), marginTop: 22, ...options });
}

/** Lists that are shown at once; the others are folded. */
const FIRST = 6;

const COLUMNS = ["#", "List", "Source", "r", "z", html`π<sub>ref</sub>`, html`π<sub>θ</sub>`];

/** The most that either policy gives a list. */
function mostWeight(lists: readonly GroupList[]): number {
  return Math.max(...lists.flatMap(({ reference, policy }) => [reference, policy]));
}

function listTable(items: Items, { lists }: GroupAnatomy): Html {
  const most = mostWeight(lists);
  const rows = lists.map((list, i) => listRow(items, list, i + 1, most));
  const caption = `The ${Math.min(FIRST, rows.length)} lists of the highest reward. A tick marks what the user liked.`;
  return html`${tableOf(caption, rows.slice(0, FIRST))}
${rows.length > FIRST && folded(`The other ${rows.length - FIRST} lists`, tableOf("Lists of lower reward", rows.slice(FIRST)))}`;
}

/** A narrow page shows each row as a card, so the roles of a table are said in words. */
function tableOf(caption: Content, rows: readonly Html[]): Html {
  return html`<div class="scroll" tabindex="0" role="group" aria-label="Table that may scroll"><table class="lists" role="table"><caption><span>${caption}</span></caption>
<thead role="rowgroup"><tr role="row">${COLUMNS.map((column) => html`<th scope="col" role="columnheader">${column}</th>`)}</tr></thead>
<tbody role="rowgroup">${rows}</tbody></table></div>`;
}

function listRow(items: Items, list: GroupList, rank: number, most: number): Html {
  const { source, reward, trueReward, z, reference, policy } = list;
  const truth = trueReward !== undefined && html`<span class="interval">truly ${decimal(trueReward, 2)}</span>`;
  return html`<tr role="row"><th scope="row" role="rowheader">${rank}</th><td role="cell">${items.inline(list.items)}</td>
<td role="cell" data-label="source" class="text">${source}</td><td role="cell" data-label="r"><span>${decimal(reward, 2)}${truth}</span></td><td role="cell" data-label="z">${decimal(z, 2)}</td>
<td role="cell" data-label="π ref"><span>${percent(reference)}%${bar(reference, most, "var(--warm)")}</span></td><td role="cell" data-label="π θ"><span>${percent(policy)}%${bar(policy, most, "var(--accent)")}</span></td></tr>
`;
}
