/**
 * MG-E, multi-generator and evaluator (Yang et al. 2025): k generators propose a list each, and the evaluator, here the
 * shared judge, takes the one it likes best. Rows for k = 3, 20 and 100, as in the paper's comparison; what the
 * generators are is listed in `fleet.ts`, and how those are trained that climb what the judge says, and complement each
 * other, in `judged-task.ts`. A generator is a proposal policy: several may read one network.
 *
 * Ours: networks that are trained on the judge begin as the generator that imitates the log, and see as many requests as
 * GoalRank's policy does.
 */
import type { FeedbackBatch, RequestBatch } from "../../data/batch.ts";
import type { ListJudge } from "../../goalrank/judge.ts";
import { concat, heldScope, type RandomKey, type Tensor } from "../../tensor/index.ts";
import { type Answering, byChoice, byPolicy } from "../answering.ts";
import { drawRequests } from "../goalrank.ts";
import { createGenerator } from "../goalrank-policy.ts";
import { bestByJudge, generatorSource, type ListSource } from "../list-sources.ts";
import { hyperparametersOf, instanceOf, type Lesson, type Method, type MethodContext, sharedModel } from "../method.ts";
import { createMatchingGenerator, matchingTask } from "../nar4rec.ts";
import { topCandidates } from "../pier/permutations.ts";
import { PROPOSAL_TEMPERATURE, tunedProposals } from "../proposal-temperature.ts";
import { FLEET, type FleetMember, JUDGED_NETWORKS } from "./fleet.ts";
import { judgedTask } from "./judged-task.ts";
import { type FleetNetworks, FleetProposals, type SamplingTemperatures } from "./proposals.ts";

/** The same for all fleets: random choices are drawn batch by batch, and members of a smaller one are to draw the same. */
const REQUESTS_PER_BATCH = 32;

/** Lists by which each network so far stands for the fleet, beside its best one. */
const SAMPLES_SO_FAR = 4;

/** Lists on which the temperature of the pointwise proposals is chosen, the same for all fleets. */
const TUNING_LISTS = 20;

/** For each request, the list of a member of the fleet that the judge likes best; of equal ones, the first member's. */
export function byFleet(
  networks: FleetNetworks,
  fleet: readonly FleetMember[],
  judge: ListJudge,
  temperatures: () => SamplingTemperatures,
  { listLength, seed }: Pick<MethodContext, "listLength" | "seed">,
): Answering {
  return byChoice(REQUESTS_PER_BATCH, listLength, async (batch, length, step) => {
    using held = heldScope();
    const proposals = new FleetProposals(networks, batch, { length, held, temperatures: temperatures() });
    const proposed: Tensor[] = [];
    for (const [index, member] of fleet.entries()) {
      proposed.push(await proposals.listsOf(member, { seed, stream: `mg-e member ${index}`, step }));
    }
    return await held.run(() => bestByJudge(judge, batch, concat(proposed, 1), proposals.scores));
  });
}

/** The networks that a fleet needs. */
function createNetworks(fleet: readonly FleetMember[], context: MethodContext): FleetNetworks {
  const isNeeded = (name: FleetMember["network"]) => fleet.some(({ network }) => network === name);
  const judged = JUDGED_NETWORKS.filter(isNeeded);
  return {
    pointwise: sharedModel(context, "pointwise"),
    autoregressive: new Map([
      ...judged.map((name) => [name, createGenerator(context, `mg-e ${name}`)] as const),
      ["imitation", sharedModel(context, "imitation")],
    ]),
    matching: isNeeded("matching") ? createMatchingGenerator(context, "mg-e matching") : undefined,
  };
}

/** Lists that stand for what a network covers of each request: i32 [B, E, L]. */
type Coverage = (batch: FeedbackBatch, key: RandomKey) => Tensor;

/** A network's best lists i32 [B, 1, L], and some that are drawn from it. */
function coverageOf(source: ListSource, best: (batch: RequestBatch, length: number) => Tensor): Coverage {
  return (batch, key) => {
    const { lists } = source(batch, SAMPLES_SO_FAR, batch.listLength, key);
    return concat([best(batch, batch.listLength), lists], 1);
  };
}

/** Trains what is a fleet's own. Stages are named after networks, and so are the same for all fleets. */
async function trainNetworks(
  networks: FleetNetworks,
  proposals: ListSource,
  context: MethodContext,
  complement: number,
  { training, policy, train }: Lesson,
): Promise<void> {
  const { seed } = context;
  const { pointwise, autoregressive, matching } = networks;
  const judge = sharedModel(context, "judge");
  const requests = drawRequests(training, policy.policyRequests, seed);
  const start = await sharedModel(context, "imitation").stateDict();
  const soFar: Coverage[] = [
    coverageOf(proposals, (batch, length) =>
      topCandidates(pointwise.forward(batch), length).reshape([batch.size, 1, -1]),
    ),
  ];
  for (const name of JUDGED_NETWORKS) {
    const generator = autoregressive.get(name);
    if (generator === undefined) continue;
    generator.loadStateDict(start);
    const before = [...soFar];
    const earlier: Coverage = (batch, key) =>
      concat(
        before.map((cover, index) => cover(batch, coverKey(key, index))),
        1,
      );
    const options = { stage: `mg-e ${name}`, seed, judge, earlier, complement: name === "judged" ? 0 : complement };
    await train(judgedTask(generator, requests, options), byPolicy(generator));
    generator.train(false);
    soFar.push(
      coverageOf(generatorSource(generator, 1), (batch, length) =>
        generator.decode(generator.encode(batch), { lists: 1, length }),
      ),
    );
  }
  if (matching === undefined) return;
  const own = { ...byPolicy(matching), batchSize: REQUESTS_PER_BATCH };
  await train(matchingTask(matching, training, "mg-e matching"), own);
}

function coverKey(key: RandomKey, index: number): RandomKey {
  return { ...key, stream: `${key.stream} network ${index}` };
}

/** @param size k, at most 100 */
function multiGeneratorMethod(size: number): Method {
  const fleet = FLEET.slice(0, size);
  const method: Method = {
    name: `mg-e-${size}`,
    title: `MG-E, ${size} generators`,
    family: "multi-generator-evaluator",
    answersWith: ["pointwise", "imitation", "judge"],
    hyperparameters: {
      proposalTemperature: PROPOSAL_TEMPERATURE,
      temperature: {
        default: 1,
        values: [0.5, 1, 2],
        summary: "Factor of the temperatures at which networks are sampled",
      },
      complement: {
        default: 0.5,
        values: [0, 0.5, 1],
        summary: "What adding to the fleet counts, against pleasing the judge, in training later generators",
      },
    },
    create(context) {
      const { proposalTemperature, temperature, complement } = hyperparametersOf(method, context);
      const networks = createNetworks(fleet, context);
      const proposals = tunedProposals(context, proposalTemperature, TUNING_LISTS);
      const temperatures = () => ({ pointwise: proposals.temperature(), factor: temperature });
      const answering = byFleet(networks, fleet, sharedModel(context, "judge"), temperatures, context);
      const { autoregressive, matching } = networks;
      const own = [...autoregressive].filter(([name]) => name !== "imitation");
      const models = { ...Object.fromEntries(own), ...(matching && { matching }) };
      return instanceOf(models, answering, {
        async learn(lesson) {
          await proposals.choose(lesson.training);
          await trainNetworks(networks, proposals.source, context, complement, lesson);
        },
        choose: proposals.choose,
        choices: proposals.choices,
      });
    },
  };
  return method;
}

export const MG_E_3 = multiGeneratorMethod(3);
export const MG_E_20 = multiGeneratorMethod(20);
export const MG_E_100 = multiGeneratorMethod(100);
