/**
 * MG-E, multi-generator and evaluator (Yang et al. 2025): k generators propose a list each, and the evaluator, here the
 * shared judge, takes the one it likes best. Rows for k = 3, 20 and 100, as in the paper's comparison; what the
 * generators are is listed in `mg-e-fleet.ts`. A generator is a proposal policy: several may read one network.
 */

import { candidateBatch } from "../../data/batch.ts";
import type { RequestColumns } from "../../data/dataset.ts";
import { rankByScore } from "../../evaluation/ranking-metrics.ts";
import { Generator } from "../../goalrank/generator.ts";
import { imitationTask } from "../../goalrank/imitation-task.ts";
import type { ListJudge } from "../../goalrank/judge.ts";
import { concat, noGrad, scope, type Tensor } from "../../tensor/index.ts";
import { evaluationBatches } from "../../training/batches.ts";
import type { RankedLists } from "../answers.ts";
import { initialWeights, type Method, type MethodContext } from "../method.ts";
import { MatchingGenerator, matchingTask } from "../nar4rec.ts";
import { AUTOREGRESSIVE_NETWORKS, type AutoregressiveNetwork, FLEET, type FleetMember } from "./fleet.ts";
import { type FleetNetworks, FleetProposals } from "./proposals.ts";

/** The same for all fleets: random choices are drawn batch by batch, and members of a smaller one are to draw the same. */
const REQUESTS_PER_BATCH = 32;

/** For each request, the list of a member of the fleet that the judge likes best; of equal ones, the first member's. */
export async function fleetRanking(
  networks: FleetNetworks,
  fleet: readonly FleetMember[],
  judge: ListJudge,
  requests: RequestColumns,
  seed: number,
): Promise<RankedLists> {
  const { size, listLength: length, candidateCount } = requests;
  const lists = new Int32Array(size * length);
  const scores = new Float32Array(size * candidateCount);
  for (const rows of evaluationBatches(size, REQUESTS_PER_BATCH)) {
    using _ = scope();
    const batch = candidateBatch(requests, rows);
    const proposals = new FleetProposals(networks, batch, length);
    const proposed: Tensor[] = [];
    for (const [index, member] of fleet.entries()) {
      proposed.push(await proposals.listsOf(member, { seed, stream: `mg-e member ${index}`, step: rows[0] }));
    }
    const all = concat(proposed, 1);
    const [judged, offered, own] = await Promise.all([
      noGrad(() => judge.rewards(batch, all)).data(),
      all.data(),
      proposals.scores.data(),
    ]);
    scores.set(own, rows[0] * candidateCount);
    rows.forEach((row, i) => {
      const best = rankByScore(judged.subarray(i * fleet.length, (i + 1) * fleet.length))[0];
      const start = (i * fleet.length + best) * length;
      lists.set(offered.subarray(start, start + length), row * length);
    });
  }
  return { lists, scores };
}

/** Trains the networks that a fleet needs. Stages are named after networks, and so are the same for all fleets. */
async function trainNetworks(fleet: readonly FleetMember[], context: MethodContext): Promise<FleetNetworks> {
  const { catalogue, training, pointwise, width, heads, layers, dropoutRate, seed } = context;
  const shape = { width, heads, listLength: training.listLength, dropoutRate, seed };
  const needed = new Set(fleet.map(({ network }) => network));
  const autoregressive = new Map<AutoregressiveNetwork, Generator>();
  for (const network of AUTOREGRESSIVE_NETWORKS.filter((name) => needed.has(name))) {
    const stage = `mg-e ${network}`;
    const options = { ...shape, encoderLayers: layers, decoderLayers: layers, stream: stage };
    const generator = new Generator(catalogue, options, initialWeights(context, stage));
    const imitation = network.startsWith("lists") ? "list" : "positives";
    await context.train(imitationTask(generator, training, imitation, stage));
    autoregressive.set(network, generator);
  }
  const stage = "mg-e matching";
  const matching = new MatchingGenerator(
    catalogue,
    { ...shape, layers, stream: stage },
    initialWeights(context, stage),
  );
  await context.train(matchingTask(matching, training, stage));
  return { pointwise, autoregressive, matching };
}

/** @param size k, at most 100 */
function multiGeneratorMethod(size: number): Method {
  const fleet = FLEET.slice(0, size);
  return {
    name: `mg-e-${size}`,
    title: `MG-E, ${size} generators`,
    family: "multi-generator-evaluator",
    async learn(context) {
      const networks = await trainNetworks(fleet, context);
      return {
        models: [...networks.autoregressive.values(), networks.matching],
        rank: (requests) => fleetRanking(networks, fleet, context.judge, requests, context.seed),
      };
    },
  };
}

export const MG_E_3 = multiGeneratorMethod(3);
export const MG_E_20 = multiGeneratorMethod(20);
export const MG_E_100 = multiGeneratorMethod(100);
