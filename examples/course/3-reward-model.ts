/**
 * Lecture 3: a model that judges whole lists. From a log of lists that were shown and what was liked in them it learns to
 * say what any list would be worth (section 3.3 and appendix B of arXiv 2509.22046).
 *
 *   npx tsx examples/course/3-reward-model.ts
 */
import { pearsonCorrelation } from "goalrank/evaluation";
import { AdamW, Embedding, EncoderBlock, Linear, Module } from "goalrank/nn";
import { meanSquaredError, noGrad, Random, scope, type Tensor, tensor } from "goalrank/tensor";
import { drawLog, FILMS, LISTS, type List, titles, truth } from "./six-films.ts";

const random = new Random({ seed: 1, stream: "initial weights", step: 0 });
export const width = 16;

/** Lists as numbers: i32 [R, 3]. */
export const asTensor = (lists: readonly List[]) => tensor(Int32Array.from(lists.flat()), [lists.length, 3]);

// 1. Two judges. The first gives each film a worth and adds them up: whatever stands around a film, it is worth the same.
export class FilmJudge extends Module {
  readonly worth = new Embedding(FILMS.length, 1, random);

  /** Lists i32 [R, 3] -> rewards [R]. */
  forward(lists: Tensor): Tensor {
    return this.worth.forward(lists).sum([1, 2]);
  }
}

// The second reads the list as a Transformer reads a sentence. A film is a vector, its position another that is added; in
// the block every film looks at the others; what comes out says how many of the list are liked.
export class ListJudge extends Module {
  readonly films = new Embedding(FILMS.length, width, random, 0.3);
  readonly positions = new Embedding(3, width, random, 0.3);
  readonly block = new EncoderBlock(
    { width, heads: 2, feedForward: 2 * width, dropoutRate: 0, dropoutKey: { seed: 1, stream: "none" } },
    random,
  );
  readonly head = new Linear(width, 1, random);

  /** Lists i32 [R, 3] -> what is made of each film in its list [R, 3, D]. */
  read(lists: Tensor): Tensor {
    const positions = this.positions.forward(tensor([0, 1, 2], { dtype: "i32" }));
    return this.block.forward(this.films.forward(lists).add(positions));
  }

  /** Lists i32 [R, 3] -> rewards [R]. */
  forward(lists: Tensor): Tensor {
    return this.head.forward(this.read(lists)).sum([1, 2]);
  }
}

// 2. Training: squared error against what was observed (Eq. 6). What a viewer likes on one day is mostly chance, and yet the
//    mean is learned: of all guesses, it has the least squared error.
export async function train(judge: FilmJudge | ListJudge, log: ReturnType<typeof drawLog>): Promise<void> {
  const optimiser = new AdamW(judge.parameters(), { learningRate: 0.01 });
  const order = new Random({ seed: 1, stream: "order", step: 0 }).permutation(log.length);
  for (let pass = 0; pass < 8; pass++) {
    for (let start = 0; start < log.length; start += 64) {
      using _ = scope();
      const rows = Array.from(order.subarray(start, start + 64), (row) => log[row]);
      const observed = tensor(rows.map(({ liked }) => liked.reduce((sum, like) => sum + like)));
      judge.zeroGrad();
      meanSquaredError(judge.forward(asTensor(rows.map(({ list }) => list))), observed).backward();
      optimiser.step();
    }
  }
}

// 3. How good is a judge? Its rewards against the truth, over lists that the log shows often and lists that it hardly shows.
const log = drawLog(4000, 1);
const shown = (list: List) => log.filter((row) => row.list.join() === list.join()).length;
const byFrequency = LISTS.map((list) => ({ list, count: shown(list) })).sort((a, b) => b.count - a.count);
const groups = { "all 120 lists": byFrequency, "the 40 most shown": byFrequency.slice(0, 40) };
const rare = { ...groups, "the 40 least shown": byFrequency.slice(80) };

const judges = { "film judge": new FilmJudge(), "list judge": new ListJudge() };
for (const [name, judge] of Object.entries(judges)) {
  await train(judge, log);
  for (const [which, members] of Object.entries(rare)) {
    const lists = members.map(({ list }) => list);
    const judged = await noGrad(() => judge.forward(asTensor(lists))).data();
    const correlation = pearsonCorrelation(judged, lists.map(truth)) ?? 0;
    console.log(`${name}, ${which.padEnd(18)}  correlation with the truth ${correlation.toFixed(3)}`);
  }
  const rewards = await noGrad(() => judge.forward(asTensor(LISTS))).data();
  const best = LISTS[rewards.indexOf(Math.max(...rewards))];
  console.log(`${name} would show: ${titles(best)}, which is worth ${truth(best).toFixed(3)}`);
}
const best = [...LISTS].sort((a, b) => truth(b) - truth(a))[0];
console.log(`the best there is: ${titles(best)}, worth ${truth(best).toFixed(3)}`);

// Exercises (solutions: test/examples/course/3-reward-model.test.ts)
//   a. Why can no film judge, however long it learns, find the best list here? Write down what it must get wrong.
//   b. Learn from 200 lists in place of 4000. Which of the three correlations falls most, and what does a generator do
//      that looks for the lists which such a judge likes best?
//   c. Let the head say one probability for each position, learned by cross-entropy of each film's own like. Is it better,
//      for the same log, and why?
//   d. In the log, whoever ranked before never showed some lists. What would you have to change about that ranker to make
//      the next judge better, and what would it cost?
