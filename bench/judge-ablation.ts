/**
 * What the judge of a log and GoalRank on top of it are made of: validation NDCG of variants, each without one part. The
 * test lists are not looked at.
 *
 *   GOALRANK_DATA=FOLDER npx tsx bench/judge-ablation.ts --dataset ml-1m
 *   GOALRANK_DATA=FOLDER npx tsx bench/judge-ablation.ts --dataset kuairand-pure --max-lists 20000 --seed 1
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { averageMetrics } from "../src/evaluation/ranking-metrics.ts";
import { chooseDataset, loadData } from "../src/experiments/datasets.ts";
import { ContextualJudge } from "../src/goalrank/contextual-judge.ts";
import { type CandidateScorer, candidateOpinion } from "../src/goalrank/judge.ts";
import { pointwiseLoss, scoringTask } from "../src/goalrank/scoring-task.ts";
import { type Answering, byScores, rankRequests } from "../src/methods/answering.ts";
import { GOAL_RANK } from "../src/methods/goalrank.ts";
import { findMethod } from "../src/methods/index.ts";
import { initialWeights, sharedModel } from "../src/methods/method.ts";
import { memberStage, type SharedSet } from "../src/methods/shared-models.ts";
import type { RunData } from "../src/run/data.ts";
import { requestMetrics } from "../src/run/evaluate-lists.ts";
import { trainMethod } from "../src/run/methods.ts";
import { LOG_RUN, type RunSettings } from "../src/run/settings.ts";
import { trainSharedModels } from "../src/run/shared-models.ts";
import { train } from "../src/training/trainer.ts";
import { formatHeader } from "./measure/report.ts";

interface Options {
  readonly dataset: string;
  readonly maxLists: number;
  readonly seed: number;
}

const program = new Command()
  .requiredOption("--dataset <name>", "ml-1m or kuairand-pure")
  .option("--max-lists <count>", "training lists at most", Number, 20_000)
  .option("--seed <number>", "of the data and of all models", Number, 1);

/** Mean NDCG@L over the validation requests with a positive, in %. */
async function validationGain({ validation }: RunData, answering: Answering): Promise<string> {
  const ranked = await rankRequests(answering, validation);
  return (100 * averageMetrics(requestMetrics(validation, ranked)).ndcg).toFixed(2);
}

/** A first member of the judge that lacks a part: trained as the whole one is. */
async function judgeWithout(
  parts: { readonly entireSpace: boolean; readonly history: boolean },
  { context }: SharedSet,
  { training, unexposed }: RunData,
  { rewardTraining, seed }: RunSettings,
): Promise<CandidateScorer> {
  const { catalogue, historyLength } = context;
  const stream = memberStage(0);
  const options = {
    ...context,
    stream,
    entireSpace: parts.entireSpace,
    historyLength: parts.history ? historyLength : 0,
  };
  const judge = new ContextualJudge(catalogue, options, initialWeights(context, stream));
  await train(scoringTask(stream, judge, pointwiseLoss, training, unexposed), { ...rewardTraining, seed });
  judge.train(false);
  return judge;
}

async function main({ dataset, maxLists, seed }: Options): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "judge-ablation-"));
  const dataFolder = process.env.GOALRANK_DATA;
  const choice = await chooseDataset({ name: dataset, maxLists, folder: dataFolder });
  const data = await loadData({ ...choice.settings, seed }, folder, dataFolder, {});
  rmSync(folder, { recursive: true });
  const settings: RunSettings = { ...LOG_RUN, seed };
  console.log(`${formatHeader()}\n${choice.label}, seed ${seed}; ${data.validation.size} validation requests\n`);
  console.log("| variant | NDCG, % |\n|---|---:|");
  const row = async (title: string, answering: Answering) =>
    console.log(`| ${title} | ${await validationGain(data, answering)} |`);

  const models = await trainSharedModels(data, settings, {});
  const judge = sharedModel(models.context, "judge");
  await row("judge, the first member: GoalRank's start", byScores(sharedModel(models.context, "contextual")));
  await row("judge, two members", byScores({ forward: (batch) => candidateOpinion(judge, batch) }));

  const { groups } = settings;
  const policies: [string, Partial<RunSettings>][] = [0.5, 1].map((referenceTemperature) => [
    `GoalRank, reference temperature ${referenceTemperature}`,
    { groups: { ...groups, referenceTemperature } },
  ]);
  policies.push([
    "GoalRank from initial weights, reference temperature 0.5",
    { generatorStart: "scratch", groups: { ...groups, referenceTemperature: 0.5 } },
  ]);
  for (const [title, changes] of policies) {
    const { instance } = await trainMethod(GOAL_RANK, models, data, { ...settings, ...changes }, {});
    if (instance.answering !== undefined) await row(title, instance.answering);
  }

  const lacking: [string, Parameters<typeof judgeWithout>[0]][] = [
    ["first member without the history's feedback", { entireSpace: true, history: false }],
    ["first member with one head", { entireSpace: false, history: true }],
    ["first member with neither", { entireSpace: false, history: false }],
  ];
  for (const [title, parts] of lacking) await row(title, byScores(await judgeWithout(parts, models, data, settings)));

  for (const name of ["prm", "set-rank", "mir"]) {
    const method = findMethod(name);
    for (const [title, told] of [
      ["", 0],
      [", with both heads and the history's feedback", 1],
    ] as const) {
      const tuned = { [name]: { hyperparameters: { entireSpace: told, historyLoss: told } } };
      const { instance } = await trainMethod(method, models, data, { ...settings, tuned }, {});
      if (instance.answering !== undefined) await row(`${method.title}${title}`, instance.answering);
    }
  }
}

await main(program.parse().opts<Options>());
