/** Nine ways in which the method fails, each a state of the lab, and what helps, each a change of that state. */
import { FIRST_STATE, type LabState } from "./state.ts";

/** What is drawn of an exhibit. */
export type ExhibitFigure = "curves" | "group" | "injection" | "supply";

/** Something that helps, as a switch. */
export interface Remedy {
  readonly name: string;
  readonly change: Partial<LabState>;
}

/** A failure to be looked at. */
export interface Exhibit {
  readonly name: string;
  readonly figure: ExhibitFigure;
  /** What makes it, against the first state. */
  readonly setting: Partial<LabState>;
  /** What can be seen. */
  readonly says: string;
  /** Why it is so. */
  readonly why: string;
  readonly question: string;
  readonly remedies: readonly Remedy[];
}

/** Steps that an exhibit is trained for. */
export const EXHIBIT_STEPS = 150;

/** A world in which every list is worth the same. */
const INDIFFERENT: Partial<LabState> = {
  taste: [0, 0, 0],
  appeal: [0, 0, 0, 0, 0, 0],
  fatigue: 0,
  complement: 0,
  attention: 1,
};

const ALL_FROM_POLICY = [8, 0, 0, 0, 0, 0, 0, 0];

/** In the order of the page. */
export const EXHIBITS: readonly Exhibit[] = [
  {
    name: "Reward hacking",
    figure: "curves",
    setting: { kindItem: 5, kindness: 1.2, exploration: 0.3 },
    says: "The judge is too kind to one item that the log hardly ever shows. What it expects of the policy rises and rises; the truth does not come along.",
    why: "The policy finds whatever the judge overrates, and nothing in the group can tell a good list from an overrated one. The judge is only ever asked about lists like those of the log; training takes the policy elsewhere.",
    question: "Which of the three remedies needs neither more judges nor new feedback, and what does it cost?",
    remedies: [
      { name: "five judges, pessimistic", change: { members: 5, pessimism: 1.5 } },
      { name: "imitation, weight 1", change: { imitation: 1 } },
      { name: "two rounds of feedback", change: { rounds: 2 } },
    ],
  },
  {
    name: "A narrow log",
    figure: "curves",
    setting: { exploration: 0.2 },
    says: "The logging policy showed nearly the same list all the time. The judge is right about it, and knows nothing of the other hundred.",
    why: "A network must say something about lists that it never saw. What it says there is accident, and the best of a hundred accidents looks like a discovery.",
    question:
      "The logging policy of this exhibit earned more than an exploring one. Was exploring expensive, or cheap?",
    remedies: [
      { name: "a log that explores", change: { exploration: 3 } },
      { name: "five judges, pessimistic", change: { members: 5, pessimism: 1.5 } },
    ],
  },
  {
    name: "Batch normalisation drowns quiet users",
    figure: "group",
    setting: { normalisation: "batch", loudness: 10 },
    says: "Rewards are standardised over the whole batch. Another user reacts ten times as strongly; beside them this user's differences vanish, and π_ref is nearly flat.",
    why: "One deviation for all is dominated by whoever is loudest. Eq. 4 standardises within each group, so every user speaks with the same voice.",
    question: "How loud may the neighbour be before the best list's share falls under a third?",
    remedies: [{ name: "normalise within the group", change: { normalisation: "group" } }],
  },
  {
    name: "Groups without a spread",
    figure: "curves",
    setting: { ...INDIFFERENT },
    says: "Here every list is worth exactly the same. The judge's tiny errors are all there is to see, and standardising makes them as large as any real difference.",
    why: "z has a deviation of 1, whatever the rewards differ by. Rewards that are equal to the last digit are skipped; errors of a hundredth are not, unless a minimum spread says so.",
    question: "The truth does not fall here. Why is it still harmful that the policy loses its entropy?",
    remedies: [
      { name: "minimum spread 0.5", change: { minimumSpread: 0.5 } },
      { name: "a judge that knows the truth", change: { judge: "truth" } },
    ],
  },
  {
    name: "Temperature too low, or too high",
    figure: "curves",
    setting: { seed: 2, logSize: 20, temperature: 0.05 },
    says: "At 0.05 π_ref is one list, the judge's favourite of the moment. The policy collapses to a single list before anything else was tried.",
    why: "The temperature says how far the judge is trusted: z / temperature are logits. Too low, and one error decides; too high, and no difference matters.",
    question: "At which temperature does the policy keep half of the entropy that it started with?",
    remedies: [
      { name: "temperature 0.5", change: { temperature: 0.5 } },
      { name: "temperature 5", change: { temperature: 5 } },
    ],
  },
  {
    name: "An all-random group",
    figure: "curves",
    setting: { counts: [0, 0, 0, 0, 8, 0, 0, 0] },
    says: "All eight lists are drawn by chance. The policy learns, slowly, and comes to rest at π_ref over the whole space, far from the best list.",
    why: "The best of eight random lists is a mediocre one. Groups sampled from the policy compare ever better lists with each other, so that π_ref moves on as the policy does.",
    question: "With 120 lists and groups of 8, how often does a random group hold one of the three best?",
    remedies: [
      { name: "half from the policy", change: { counts: [4, 0, 0, 0, 4, 0, 0, 0] } },
      { name: "all from the policy", change: { counts: ALL_FROM_POLICY } },
    ],
  },
  {
    name: "A stale policy",
    figure: "curves",
    setting: { counts: ALL_FROM_POLICY, refreshEvery: 300 },
    says: "Groups are sampled from a copy of the policy that was made before the first step and never again. It is still as ignorant as it was then.",
    why: "Lists that the new policy would write never come into its groups, so nothing is learned about them. A stale copy is an all-random group that does not look like one.",
    question:
      "Copies are made anew every so many steps, since sampling is expensive. Which interval costs little here?",
    remedies: [
      { name: "a copy every 20 steps", change: { refreshEvery: 20 } },
      { name: "at every step", change: { refreshEvery: 1 } },
    ],
  },
  {
    name: "Injected candidates",
    figure: "injection",
    setting: {},
    says: "Three items that were shown are put among the retriever's three favourites. A ranker that knows nothing of the user, and only puts first what the retriever likes least, hits nearly always.",
    why: "What was shown is rarely what the retriever likes best, so that its score tells them apart. The metric measures whether an item was injected. Among candidates as they come at serving time the trick is worth nothing.",
    question: "Which single number, printed beside the metrics, would have warned you?",
    remedies: [{ name: "judge on retrieved candidates", change: { protocol: "retrieved" } }],
  },
  {
    name: "Retrieved candidates worse than random",
    figure: "supply",
    setting: {},
    says: "A retriever that is nearly right about every single item supplies six candidates. The best list among them is worth less than the best of six items drawn by chance.",
    why: "It likes what the user likes: six items of one topic. But a list of one topic tires, and no order of the six can help that. What a ranker can do is bounded by what it is given.",
    question: "At which fatigue does the retriever overtake chance?",
    remedies: [
      { name: "half by chance", change: { supply: "mixed" } },
      { name: "a user who never tires", change: { fatigue: 0, complement: 0 } },
    ],
  },
];

/** The lab's state for exhibit `number`, from 1, with the remedies that are switched on. */
export function exhibitState(number: number, remedies: readonly number[]): LabState {
  const exhibit = EXHIBITS[number - 1];
  const changes = remedies.flatMap((at) => exhibit.remedies[at]?.change ?? []);
  return Object.assign({}, FIRST_STATE, exhibit.setting, ...changes);
}
