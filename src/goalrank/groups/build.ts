/** Draws the groups of a batch of requests from all the sources of a helper set. */
import { noGrad, type RandomKey, scope, type Tensor } from "../../tensor/index.ts";
import type { ListSizes } from "../decoding/constraints.ts";
import type { Generator, GeneratorMemory } from "../generator.ts";
import { diverseLists } from "./diverse.ts";
import { checkGroupSet, type GroupEntry, type GroupSet, type GroupSource, treeShape } from "./group-set.ts";
import { type HelperAnswer, helperLists } from "./helper.ts";
import { countLists, type Groups, pickList, type SourceLists } from "./lists.ts";
import { loggedLists } from "./logged.ts";
import { markovLists, pairScores } from "./markov.ts";
import { policyLists } from "./policy.ts";
import { randomLists } from "./random.ts";
import { softmaxLists } from "./softmax.ts";
import { substitutedLists } from "./substitution.ts";
import { treeLists } from "./tree.ts";

/** What the groups of B requests are drawn from; a source that is not in the set needs nothing. */
export interface GroupContext extends ListSizes {
  /** Each source draws from a stream of its own under this one. */
  readonly key: RandomKey;
  /** The generator, in its inference mode, with the requests' candidates encoded: for policy, tree and markov. */
  readonly policy?: { readonly generator: Generator; readonly memory: GeneratorMemory };
  /** A scorer's logits [B, N]: for pointwise and diverse, unless they draw from the policy's scores. */
  readonly logits?: Tensor;
  /** What methods that were trained before answer, by their names: for helper. */
  readonly helpers?: ReadonlyMap<string, HelperAnswer>;
  /** The judge's logits of each candidate by itself [B, N]: for judge. */
  readonly judgeLogits?: Tensor | undefined;
  /** Candidate positions of the lists that were shown [B, L], -1 for an item that is not a candidate: for logged. */
  readonly logged?: Int32Array;
}

/** Sources that read the group so far, in the order in which they are drawn: after all others. */
const READS_GROUP: readonly GroupSource[] = ["logged", "substitution", "diverse"];

/**
 * Draws `set`'s lists for each request. Places of a group are in the set's order, but what reads the group so far
 * comes last: logged, then substitution, then diverse. All the others are drawn side by side (appendix D.3): each is one
 * pass over all requests, and none waits until another has been read back.
 * @throws RangeError for a set that `checkGroupSet` refuses, a context that lacks what a source needs, or fewer
 * candidates than positions
 */
export async function buildGroups(set: GroupSet, context: GroupContext): Promise<Groups> {
  checkGroupSet(set);
  if (context.candidates < context.length) {
    throw new RangeError(`groups: ${context.candidates} candidates do not fill ${context.length} positions of a list`);
  }
  const order = (entry: GroupEntry) => READS_GROUP.indexOf(entry.source);
  const entries = set.filter(({ count }) => count > 0).toSorted((a, b) => order(a) - order(b));
  const keyOf = (entry: GroupEntry, place: number): RandomKey => {
    const nth = entries.slice(0, place).filter(({ source }) => source === entry.source).length + 1;
    const name = nth === 1 ? entry.source : `${entry.source} ${nth}`;
    return { ...context.key, stream: `${context.key.stream} ${name}` };
  };
  const own = entries.filter((entry) => order(entry) < 0);
  const drawn = await Promise.all(own.map((entry, place) => drawEntry(entry, context, [], keyOf(entry, place))));
  for (let place = own.length; place < entries.length; place++) {
    drawn.push(await drawEntry(entries[place], context, drawn, keyOf(entries[place], place)));
  }
  return mergeGroups(drawn, context.requests, context.length);
}

/** The lists of one entry, given those that were drawn before. */
async function drawEntry(
  entry: GroupEntry,
  context: GroupContext,
  existing: readonly SourceLists[],
  key: RandomKey,
): Promise<SourceLists> {
  const { requests, candidates, length } = context;
  const { count } = entry;
  const draw = { candidates, length, key };
  const policy = () => need(context.policy, entry, "the generator and its memory, as policy");
  const logged = () => need(context.logged, entry, "the lists that were shown, as logged");
  switch (entry.source) {
    case "policy": {
      const { generator, memory } = policy();
      const { temperature = 1, topP = 1 } = entry;
      return policyLists(generator, memory, count, { length, temperature, topP, key });
    }
    case "tree": {
      const { generator, memory } = policy();
      return treeLists(generator, memory, count, { ...treeShape(entry), length });
    }
    case "pointwise": {
      using _ = scope();
      return softmaxLists(scoresFor(entry, context), count, { length, temperature: entry.temperature ?? 1, key });
    }
    case "helper": {
      const said = need(context.helpers?.get(entry.method), entry, `what ${entry.method} answers, as helpers`);
      return helperLists(said, requests, count, { length, temperature: entry.temperature ?? 1, key });
    }
    case "judge": {
      const judged = need(context.judgeLogits, entry, "the logits of a judge that scores candidates, as judgeLogits");
      const drawn = await softmaxLists(judged, count, { length, temperature: entry.temperature ?? 1, key });
      return { ...drawn, source: "judge" };
    }
    case "markov": {
      const { generator, memory } = policy();
      const scores = await pairScores(generator, memory);
      return markovLists(scores, requests, count, { ...draw, temperature: entry.temperature ?? 1 });
    }
    case "random":
      return randomLists(requests, count, draw);
    case "substitution":
      return substitutedLists(existing, requests, count, draw);
    case "diverse": {
      const { temperature, penalty = 1 } = entry;
      const options = { ...draw, penalty, ...(temperature !== undefined && { temperature }) };
      return diverseLists(await readScores(entry, context), existing, requests, count, options);
    }
    case "logged":
      return loggedLists(logged(), existing, requests, length);
  }
}

/** The scores of candidates that an entry draws from: [B, N]. */
function scoresFor(entry: Extract<GroupEntry, { source: "pointwise" | "diverse" }>, context: GroupContext): Tensor {
  if (entry.scores !== "policy") return need(context.logits, entry, "a scorer's logits, as logits");
  const { generator, memory } = need(context.policy, entry, "the generator and its memory, as policy");
  return noGrad(() => generator.begin(memory, 1).logits);
}

/** The same as numbers; what is made for them is freed. */
function readScores(...of: Parameters<typeof scoresFor>): Promise<ArrayLike<number>> {
  using _ = scope();
  return scoresFor(...of).data();
}

/** @throws RangeError when the context lacks `value` */
function need<Value>(value: Value | undefined, { source }: GroupEntry, what: string): Value {
  if (value === undefined) throw new RangeError(`groups: source ${source} needs ${what}`);
  return value;
}

/** Puts the sources' lists side by side in one group per request, and marks repetitions. */
export function mergeGroups(sources: readonly SourceLists[], requests: number, length: number): Groups {
  const groupSize = countLists(sources);
  const lists = new Int32Array(requests * groupSize * length);
  const distinct = new Int32Array(requests * groupSize);
  for (let request = 0; request < requests; request++) {
    const seen = new Set<string>();
    for (let place = 0; place < groupSize; place++) {
      const list = pickList(sources, request, place, length);
      const key = list.join();
      distinct[request * groupSize + place] = seen.has(key) ? 0 : 1;
      seen.add(key);
      lists.set(list, (request * groupSize + place) * length);
    }
  }
  const places = sources.flatMap(({ source, count }) => new Array<GroupSource>(count).fill(source));
  return { requests, groupSize, lists, distinct, sources: places };
}
