/**
 * What the choices of a protocol do to the figures: whether exposed items are put among the candidates, whether they then
 * come first, as in the program that the paper's authors published, and how lists are split.
 */
import type { CandidateProtocol, SplitProtocol } from "../../data/protocols.ts";
import { GOAL_RANK, methodTitle } from "../contenders.ts";
import type { LogSettings } from "../datasets.ts";
import type { Experiment, ExperimentRequest } from "../experiment.ts";
import { drawPanels, markOf, type Picture } from "../pictures.ts";
import { FEEDBACK_COLUMNS } from "../ranking-table.ts";
import { rankingTrials } from "../ranking-trials.ts";
import type { RankingWork } from "../ranking-work.ts";
import { type Results, type Row, seedMean } from "../results.ts";
import { type Table, tableOf } from "../tables.ts";
import type { Trial } from "../trial.ts";

interface Protocol extends Pick<RankingWork, "testOrder">, Pick<LogSettings, "order"> {
  readonly title: string;
  readonly protocol?: CandidateProtocol;
  readonly split?: SplitProtocol;
}

/** Each says in what it is not as the first. */
const PROTOCOLS: readonly Protocol[] = [
  { title: "injected, shuffled" },
  { title: "first in the test", testOrder: "exposed first" },
  { title: "first throughout", order: "exposed first" },
  { title: "retrieved", protocol: "retrieved" },
  { title: "split by time", split: "global-time" },
];

/** In the order of the table. */
const METHODS = ["candidates-as-they-come", "retriever", "dnn", "set-rank", "prm", "prm-as-they-come", "goalrank"];
const TITLES = METHODS.map(methodTitle);

function trialsOf({ seeds, dataset }: ExperimentRequest): Trial[] {
  const { settings } = dataset;
  if (settings.source === "world") return [];
  return PROTOCOLS.flatMap(({ title: variant, testOrder, order, protocol = "injected", split = "last-list" }) => {
    const options = { ...settings.options, protocol, split };
    const own = { ...dataset, settings: { ...settings, options, ...(order && { order }) } };
    const entries = METHODS.map((contender) => ({ contender, variant, ...(testOrder && { testOrder }) }));
    // A test in another order shares what is learned as usual.
    const isUsual = protocol === "injected" && split === "last-list" && order === undefined;
    return rankingTrials("protocols", { seeds, dataset: own }, entries, isUsual ? "" : variant);
  });
}

/** The rows of a protocol, in the order of the table. */
function rowsUnder(results: Results, { title }: Protocol): readonly Row[] {
  return results.rowsOf(TITLES).filter(({ variant }) => variant === title);
}

function protocolsTable(results: Results): Table {
  const caption = `One log under several protocols, ${results.place}: mean ± 95% interval over seeds.`;
  const rows = PROTOCOLS.flatMap((protocol) => rowsUnder(results, protocol));
  return tableOf("protocols", caption, rows, [
    { title: "protocol", of: ({ variant }) => variant },
    { title: "method", of: ({ method }) => method },
    { title: "requests with a positive", digits: 0, of: (row) => seedMean(row, "withPositive")?.mean },
    ...FEEDBACK_COLUMNS,
  ]);
}

function pictureOf(results: Results): Picture {
  return drawPanels({
    name: "protocols",
    caption: `H@L in % under several protocols, ${results.dataset}: mean and 95% interval over seeds.`,
    description: `H@L of methods under several protocols on ${results.dataset}`,
    x: { label: "H@L, %", domain: [0, 100], ticks: [0, 25, 50, 75] },
    panels: PROTOCOLS.map((protocol) => ({
      name: protocol.title,
      bars: rowsUnder(results, protocol).flatMap((row) => {
        const hits = seedMean(row, "hit");
        if (hits === undefined) return [];
        return [{ name: row.method, ...markOf(hits, 100), isMarked: row.method === GOAL_RANK }];
      }),
    })),
  });
}

export const protocols: Experiment = {
  name: "protocols",
  title: "Protocols: what candidates there are, and how they lie",
  summary: "a log with exposed items injected, put first, or left out: what each choice does to the figures",
  // A world's candidates are drawn before anything is shown: there is nothing to inject.
  data: "log",
  trials: trialsOf,
  notes: [
    "The paper's figures are on injected candidates; the program that its authors published evaluates with the exposed items " +
      "first, and keeps the best value of each metric over the evaluations on the test, each by itself. Here one model is " +
      "taken after its last epoch, and the test chooses nothing.",
  ],
  present: (results) =>
    results.rows.length === 0
      ? { tables: [], pictures: [] }
      : { tables: [protocolsTable(results)], pictures: [pictureOf(results)] },
};
