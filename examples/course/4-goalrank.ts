/**
 * Lecture 4: GoalRank (arXiv 2509.22046). A generator learns to write the lists that a judge likes, from groups of lists and
 * nothing else: the judge's rewards, standardised within the group, become the policy that it learns to follow.
 *
 *   npx tsx examples/course/4-goalrank.ts
 */
import { AdamW, Linear, Module } from "goalrank/nn";
import { concat, groupCrossEntropy, noGrad, Random, scope, type Tensor, tensor } from "goalrank/tensor";
import { FILMS, LISTS, type List, titles, truth } from "./six-films.ts";

const seed = 1;
export const groupSize = 8;

// 1. The generator: which film comes next, given those that are there already. A small network reads what was chosen, three
//    places of six marks, and gives each film a logit; what was chosen is masked.
export class Generator extends Module {
  readonly hidden = new Linear(18, 32, new Random({ seed, stream: "hidden", step: 0 }));
  readonly logits = new Linear(32, 6, new Random({ seed, stream: "logits", step: 0 }));

  /** log pi of each of G lists, [G]: the sum over positions of the log-probability of the film that stands there. */
  logProbabilities(lists: readonly List[]): Tensor {
    const steps = [0, 1, 2].map((position) => {
      const marks = lists.flatMap((list) => {
        const chosen = list.slice(0, position);
        return Array.from({ length: 18 }, (_, at) => Number(chosen[Math.floor(at / 6)] === at % 6));
      });
      const free = lists.flatMap((list) => FILMS.map((_, film) => Number(!list.slice(0, position).includes(film))));
      const logits = this.logits.forward(
        this.hidden.forward(tensor(Float32Array.from(marks), [lists.length, 18])).relu(),
      );
      const next = tensor(
        Int32Array.from(lists, (list) => list[position]),
        [lists.length, 1],
      );
      return logits.logSoftmax(tensor(Int32Array.from(free), [lists.length, 6])).takeAlongLast(next);
    });
    return concat(steps, 1).sum(1);
  }
}

// 2. A judge. Here it knows the truth, so that whatever goes wrong is the method's fault; in lecture 3 it was learned.
const judge = truth;

// 3. A group: some lists that the policy would write, and some by chance, so that it hears of what it would never try. Each
//    list takes part once.
async function drawGroup(generator: Generator, random: Random): Promise<List[]> {
  const logs = await noGrad(() => generator.logProbabilities(LISTS)).data();
  const byPolicy = () => {
    const noisy = logs.map((log) => log + random.gumbel()); // the largest is a draw by the probabilities
    return LISTS[noisy.indexOf(Math.max(...noisy))];
  };
  const group = new Set<List>();
  while (group.size < groupSize / 2) group.add(LISTS[random.integer(LISTS.length)]);
  for (let tries = 0; tries < 20 && group.size < groupSize; tries++) group.add(byPolicy());
  while (group.size < groupSize) group.add(LISTS[random.integer(LISTS.length)]);
  return [...group];
}

// 4. One group, in numbers. Eq. 4: z = (r - mean) / std over the group, pi_ref = softmax(z). Eq. 5: the loss is the cross-
//    entropy - sum of pi_ref log pi, whose gradient with respect to log pi is - pi_ref: every list is pushed up, the
//    better ones more, and since probabilities add up to 1, the worse ones go down.
const generator = new Generator();
const group = await drawGroup(generator, new Random({ seed, stream: "groups", step: 0 }));
const logged = noGrad(() => generator.logProbabilities(group));
const { loss, referencePolicy } = groupCrossEntropy(tensor([group.map(judge)]), logged.reshape([1, groupSize]));
const [shares, logs] = [await referencePolicy.data(), await logged.data()];
console.log("reward  pi_ref  log pi  list");
group.forEach((list, i) => {
  console.log(`${judge(list).toFixed(3)}   ${shares[i].toFixed(3)}   ${logs[i].toFixed(2)}   ${titles(list)}`);
});
console.log(`loss of this group: ${(await loss.sum().item()).toFixed(3)}\n`);

// 5. Training: groups, rewards, reference policy, update; and again.
const optimiser = new AdamW(generator.parameters(), { learningRate: 0.02 });
const oracle = Math.max(...LISTS.map(truth));
for (let step = 0; step <= 300; step++) {
  using _ = scope();
  if (step % 75 === 0) {
    // With 120 lists in all, what is usually estimated is known: the policy's expected reward.
    const probabilities = await noGrad(() => generator.logProbabilities(LISTS).exp()).data();
    const expected = LISTS.reduce((sum, list, i) => sum + probabilities[i] * truth(list), 0);
    const likely = LISTS[probabilities.indexOf(Math.max(...probabilities))];
    const written = `${titles(likely)} (${truth(likely).toFixed(3)})`;
    console.log(`step ${String(step).padStart(3)}: expected reward ${expected.toFixed(3)}, most likely ${written}`);
  }
  const lists = await drawGroup(generator, new Random({ seed, stream: "groups", step }));
  const logProbabilities = generator.logProbabilities(lists).reshape([1, groupSize]);
  generator.zeroGrad();
  groupCrossEntropy(tensor([lists.map(judge)]), logProbabilities)
    .loss.mean()
    .backward();
  optimiser.step();
}
console.log(`the best list there is: ${oracle.toFixed(3)}`);

// Exercises (solutions: test/examples/course/4-goalrank.test.ts)
//   a. Compute z and pi_ref of the printed group by hand, for the best and the worst list.
//   b. Let all lists take part in each step, in place of a group. Where does training then end: at the best list? Why not?
//   c. A judge that is kind to dramas adds 1 to every list with both of them. What becomes of the reward that the judge
//      expects, and of the truth? (This is called reward hacking.)
//   d. Groups by chance alone: what is lost? Groups of the policy alone: what is lost?
