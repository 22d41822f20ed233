/** Each method in a sentence, for people who never heard of it. */

const SUMMARIES: Readonly<Record<string, string>> = {
  random: "Puts the candidates in an order drawn by chance: what anybody could do.",
  retriever: "Keeps the order of what finds the candidates, with nothing trained on top of it.",
  "logging-policy": "Does again what the system did that showed the logged lists.",
  oracle: "Knows the simulator from inside and shows the best lists there are: the ceiling, which nobody can use.",
  imitation: "Writes a list item by item, as the logged lists were written.",
  dnn: "Scores every candidate by itself, with a small neural network, and puts the highest scores first.",
  "list-net": "Scores every candidate by itself, having learned from whole requests which of them belong on top.",
  dlcm: "Reads the candidates from the lowest to the highest with a recurrent network, then scores each in the light of all.",
  "set-rank": "Scores all candidates together, each with an eye on all others.",
  "set-rank-induced": "SetRank with a short cut: the candidates look at a few summaries of all in place of each other.",
  prm: "Scores all candidates together with a Transformer, starting from the order of the DNN and from who asks.",
  mir: "Scores all candidates together by how they fit each other and what the user met before.",
  "rank-mixer":
    "Scores every candidate by itself, by mixing what is known of the item, of who asks, and of the retriever's opinion.",
  "group-sort": "Scores all candidates together, having learned to sort so that liked ones stand above the others.",
  seq2slate: "Reads the candidates in their first order, then writes a list item by item by pointing at them.",
  assignment: "Says how well each candidate fits each place, and fills all places in the best way there is.",
  "tsp-rank": "Chooses items by their scores, and puts them in the order whose neighbours go best together.",
  nlgr: "Fills all places of a list at once, having learned what the reward model says of changing one place.",
  "prefix-comparison": "Writes a list item by item, each time the one that compares best with all others in its place.",
  "iterative-dpo": "Writes a list item by item, having learned in rounds the best of its own lists from the worst.",
  "eg-rerank": "Writes a list item by item, having learned by trial and error what the reward model likes.",
  pier: "Tries orders of the DNN's best items and shows the one whose items fit best together.",
  "pier-permutations": "Tries orders of the DNN's best items and shows the one that the reward model likes best.",
  nar4rec: "Proposes several lists, all places at once, and lets the reward model choose.",
  judge: "Puts the candidates in the order of what the judge, which the others learn from, thinks of each.",
  "goalrank-start":
    "Scores all candidates together, by what is shown and what is then liked: what GoalRank's generator starts from.",
  goalrank: "Writes a list item by item, having learned from groups of lists which of them the reward model prefers.",
};

/** Those that a number tells apart. */
const NUMBERED: readonly (readonly [RegExp, (lists: string) => string])[] = [
  [/^mg-e-(\d+)$/, (count) => `Lets ${count} generators write a list each, and the reward model choose.`],
  [
    /^generator-evaluator-(\d+)$/,
    (count) => `Draws ${count} lists by the DNN's scores, and lets the reward model choose.`,
  ],
  [
    /^prm-evaluator-(\d+)$/,
    (count) => `Takes PRM's list and others drawn by its scores, ${count} in all, and lets the reward model choose.`,
  ],
  [
    /^imitation-evaluator-(\d+)$/,
    (count) => `Draws ${count} lists like the logged ones, and lets the reward model choose.`,
  ],
];

/** What the method called `name` does; undefined for one that has no sentence. */
export function summaryOf(name: string): string | undefined {
  if (Object.hasOwn(SUMMARIES, name)) return SUMMARIES[name];
  for (const [pattern, summary] of NUMBERED) {
    const found = pattern.exec(name);
    if (found !== null) return summary(found[1]);
  }
  return undefined;
}
