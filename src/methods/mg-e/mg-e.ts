/**
 * MG-E, multi-generator and evaluator (Yang et al. 2025): k generators propose a list each, and the evaluator, here the
 * shared judge, takes the one it likes best. Rows for k = 3, 20 and 100, as in the paper's comparison; what the
 * generators are is listed in `fleet.ts`. A generator is a proposal policy: several may read one network.
 */
import { imitationTask } from "../../goalrank/imitation-task.ts";
import type { ListJudge } from "../../goalrank/judge.ts";
import { concat, heldScope, type Tensor } from "../../tensor/index.ts";
import { type Answering, byChoice, byPolicy } from "../answering.ts";
import { createGenerator } from "../goalrank-policy.ts";
import { bestByJudge } from "../list-sources.ts";
import { instanceOf, type Lesson, type Method, type MethodContext, sharedModel } from "../method.ts";
import { createMatchingGenerator, matchingTask } from "../nar4rec.ts";
import { AUTOREGRESSIVE_NETWORKS, FLEET, type FleetMember } from "./fleet.ts";
import { type FleetNetworks, FleetProposals } from "./proposals.ts";

/** The same for all fleets: random choices are drawn batch by batch, and members of a smaller one are to draw the same. */
const REQUESTS_PER_BATCH = 32;

/** For each request, the list of a member of the fleet that the judge likes best; of equal ones, the first member's. */
export function byFleet(
  networks: FleetNetworks,
  fleet: readonly FleetMember[],
  judge: ListJudge,
  { listLength, seed }: Pick<MethodContext, "listLength" | "seed">,
): Answering {
  return byChoice(REQUESTS_PER_BATCH, listLength, async (batch, length, step) => {
    using held = heldScope();
    const proposals = new FleetProposals(networks, batch, length, held);
    const proposed: Tensor[] = [];
    for (const [index, member] of fleet.entries()) {
      proposed.push(await proposals.listsOf(member, { seed, stream: `mg-e member ${index}`, step }));
    }
    return await held.run(() => bestByJudge(judge, batch, concat(proposed, 1), proposals.scores));
  });
}

/** The networks that a fleet needs. */
function createNetworks(fleet: readonly FleetMember[], context: MethodContext): FleetNetworks {
  const needed = AUTOREGRESSIVE_NETWORKS.filter((name) => fleet.some(({ network }) => network === name));
  return {
    pointwise: sharedModel(context, "pointwise"),
    autoregressive: new Map(needed.map((name) => [name, createGenerator(context, `mg-e ${name}`)])),
    matching: createMatchingGenerator(context, "mg-e matching"),
  };
}

/** Trains them. Stages are named after networks, and so are the same for all fleets. */
async function trainNetworks({ autoregressive, matching }: FleetNetworks, { training, train }: Lesson): Promise<void> {
  for (const [name, generator] of autoregressive) {
    const imitation = name.startsWith("lists") ? "list" : "positives";
    await train(imitationTask(generator, training, imitation, `mg-e ${name}`), byPolicy(generator));
  }
  const own = { ...byPolicy(matching), batchSize: REQUESTS_PER_BATCH };
  await train(matchingTask(matching, training, "mg-e matching"), own);
}

/** @param size k, at most 100 */
function multiGeneratorMethod(size: number): Method {
  const fleet = FLEET.slice(0, size);
  return {
    name: `mg-e-${size}`,
    title: `MG-E, ${size} generators`,
    family: "multi-generator-evaluator",
    answersWith: ["pointwise", "judge"],
    create(context) {
      const networks = createNetworks(fleet, context);
      const models = { ...Object.fromEntries(networks.autoregressive), matching: networks.matching };
      const answering = byFleet(networks, fleet, sharedModel(context, "judge"), context);
      return instanceOf(models, answering, { learn: (lesson) => trainNetworks(networks, lesson) });
    },
  };
}

export const MG_E_3 = multiGeneratorMethod(3);
export const MG_E_20 = multiGeneratorMethod(20);
export const MG_E_100 = multiGeneratorMethod(100);
