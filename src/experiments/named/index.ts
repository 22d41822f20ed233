/** The experiments, in the order in which a person may want to see them. To add one, write its file and a line here. */
import { noSuchName } from "../../text/nearest-name.ts";
import type { Experiment } from "../experiment.ts";
import { figure1d } from "./figure1d.ts";
import { figure3 } from "./figure3.ts";
import { latency } from "./latency.ts";
import { listEffects } from "./list-effects.ts";
import { objectives } from "./objectives.ts";
import { protocols } from "./protocols.ts";
import { relatives } from "./relatives.ts";
import { rewardGap } from "./reward-gap.ts";
import { sources } from "./sources.ts";
import { table1 } from "./table1.ts";
import { table2 } from "./table2.ts";
import { table3 } from "./table3.ts";
import { table4 } from "./table4.ts";
import { theorem1 } from "./theorem1.ts";

export const EXPERIMENTS: readonly Experiment[] = [
  table1,
  figure1d,
  table2,
  table3,
  rewardGap,
  sources,
  objectives,
  relatives,
  theorem1,
  protocols,
  listEffects,
  figure3,
  table4,
  latency,
];

/** @throws RangeError for an unknown experiment, naming the nearest and all */
export function findExperiment(name: string): Experiment {
  const found = EXPERIMENTS.find((experiment) => experiment.name === name);
  if (found !== undefined) return found;
  const names = EXPERIMENTS.map((experiment) => experiment.name);
  throw new RangeError(`experiment: ${noSuchName("experiment", name, names)}`);
}
