/** The end of a run: what to deploy, how sure that is, whether GoalRank is worth it, what is wrong, and what to do next. */
import { wrap } from "../../text/wrap.ts";
import type { Choice, Gate, Verdict } from "../result-schema.ts";
import { type Evidence, knowsLists, openGates, titleOf } from "./gates.ts";
import { isRivalBetter } from "./rival.ts";
import { formatLead, formatWorth, measureTitle } from "./words.ts";

/** What a verdict is made of. */
export interface VerdictInput extends Evidence {
  /** How the candidates of validation and test lists were chosen; undefined for a world. */
  readonly candidates: string | undefined;
  /** What the settings say to serve, whatever the verdict. */
  readonly overruled: string | undefined;
}

/** Stands for the folder of the run in {@link Verdict.next}: results do not depend on where they lie. */
const RUN = "RUN";
/** Characters of a line. */
const LINE = 118;
/** What comes next where no folder was named. */
const KEEP = "goalrank train all with --out FOLDER, which keeps the ranker";

/** The verdict on a run whose methods were compared. */
export function createVerdict(input: VerdictInput): Verdict {
  const { choice, overruled, rival } = input;
  const gates = openGates(input);
  const blocking = gates.filter(({ blocks }) => blocks);
  const deploy = blocking.length > 0 ? null : (choice.chosen ?? null);
  const served = overruled ?? deploy;
  const goalRank = worthOfGoalRank(input);
  const sentences = [
    headline(deploy, choice, blocking),
    ...confidence(input),
    ...besideTheirs(input),
    ...(goalRank === undefined ? [] : [goalRank.text]),
    ...(overruled === undefined || overruled === deploy
      ? []
      : [`The setting deploy overrules it: ${overruled} is served.`]),
  ];
  return {
    deploy,
    served,
    gates,
    text: sentences.join(" "),
    next: nextCommand(served, blocking),
    choice,
    goalRank,
    rival,
  };
}

/** The command that comes next, for the run in this folder. */
export function nextOf({ next }: Pick<Verdict, "next">, folder: string): string {
  return next.replaceAll(RUN, folder);
}

/** A verdict in lines, for people. @param folder of the run; undefined where nothing was kept */
export function formatVerdict({ text, gates, next }: Verdict, folder?: string): string {
  // What blocks is in the text already.
  const warnings = gates.filter(({ blocks }) => !blocks);
  const lines = warnings.map(({ name, text: own }) => `warning, ${name}: ${own}`);
  const command = folder === undefined ? KEEP : nextOf({ next }, folder);
  return [...[`verdict: ${text}`, ...lines].map((line) => wrap(line, LINE)), `next: ${command}`].join("\n");
}

function headline(deploy: string | null, choice: Choice, blocking: readonly Gate[]): string {
  if (deploy === null) {
    return `Deploy nothing yet: ${blocking.map(({ name, text }) => `${name}: ${text}`).join("; and ")}.`;
  }
  if (deploy === "retriever") return "Deploy the retriever: no method is shown to rank its candidates better.";
  return `Deploy ${titleOf(choice, deploy)}.`;
}

/** What the validation lists say of the choice. */
function confidence({ choice, candidates, listLength }: VerdictInput): string[] {
  const { chosen, lists, methods, overRandom, overRetriever } = choice;
  const own = methods.find(({ name }) => name === chosen);
  if (own === undefined) return [];
  const around = own.halfWidth === undefined ? "" : ` ± ${formatWorth(own.halfWidth, choice)}`;
  const kind = candidates === undefined ? "" : ` of ${candidates} candidates`;
  const leads = [overRetriever, overRandom].flatMap((lead) =>
    lead === undefined
      ? []
      : [formatLead(lead, lead.over === "random" ? "a random order" : `the ${lead.over}`, choice, listLength)],
  );
  const rest = leads.length === 0 ? "" : `, ${leads.join(" and ")}`;
  const worth = `${measureTitle(choice, listLength)} ${formatWorth(own.mean, choice)}${around}`;
  return [`On ${lists} validation lists${kind} ${own.method} has ${worth}${rest}.`];
}

/** How ours stands beside a rival that is not better. */
function besideTheirs({ choice, rival, listLength }: VerdictInput): string[] {
  if (rival === undefined || isRivalBetter(rival)) return [];
  const lead = formatLead(rival.lead, rival.method, choice, listLength);
  return [`${titleOf(choice, rival.ours)} is ${lead} on ${rival.count} ${rival.lists} lists.`];
}

/** Whether GoalRank is worth its training here, and why. */
function worthOfGoalRank({ choice, listLength, judge }: VerdictInput): Verdict["goalRank"] {
  const { goalRank } = choice;
  if (goalRank === undefined) return undefined;
  const lead = formatLead(goalRank, titleOf(choice, goalRank.over), choice, listLength);
  if (choice.chosen === "goalrank") {
    return {
      isWorthIt: true,
      text: `GoalRank is worth it on this data: it is ${lead}, the best of the simpler methods.`,
    };
  }
  const isWithinNoise = choice.methods.some((own) => own.name === "goalrank" && own.isWithinNoise);
  const reason = !knowsLists(judge)
    ? "its reward model does not know what lists earn"
    : isWithinNoise
      ? "what it adds is within noise, as where feedback on an item hardly depends on the list around it"
      : `${titleOf(choice, choice.best)} is better`;
  return { isWorthIt: false, text: `GoalRank is not worth it on this data: it is ${lead}; ${reason}.` };
}

function nextCommand(served: string | null, blocking: readonly Gate[]): string {
  if (served !== null) return `goalrank serve ${RUN}`;
  if (blocking.some(({ name }) => name === "measures-injection")) {
    const apart = `--prepared ${RUN}-retrieved.goalrank --out ${RUN}-retrieved`;
    return `goalrank train all --config ${RUN}/config.json --protocol retrieved ${apart}`;
  }
  return `goalrank report ${RUN}`;
}
