/** The temperature at which lists are drawn from the DNN's scores: as it is told, or as it suits the judge best. */
import { type ListDataset, selectRows } from "../data/dataset.ts";
import { allRows } from "../data/labels.ts";
import { chooseTemperature, type ListSource, scorerSource, TEMPERATURES } from "./list-sources.ts";
import { type Hyperparameter, type MethodContext, type MethodInstance, sharedModel } from "./method.ts";

/** For methods that draw such lists. */
export const PROPOSAL_TEMPERATURE: Hyperparameter = {
  default: 0,
  values: [0, ...TEMPERATURES, 2],
  summary: "Temperature of lists drawn from the DNN; 0: that whose choices the judge likes best on training requests",
};

/** Training requests on which the temperature is chosen. */
const TUNING_REQUESTS = 256;
/** Lists for each of them at most; proposals of more lists are drawn at the temperature that is best for these. */
const TUNING_LISTS = 100;

/** Lists drawn from the DNN's scores. */
export interface TunedProposals {
  readonly source: ListSource;
  temperature(): number;
  /** Finds the temperature, where it was not told. */
  choose(training: ListDataset): Promise<void>;
  readonly choices: NonNullable<MethodInstance["choices"]>;
}

/**
 * @param told the temperature, or 0
 * @param lists drawn for each request
 * @throws RangeError for a temperature under 0
 */
export function tunedProposals(context: MethodContext, told: number, lists: number): TunedProposals {
  if (!(told >= 0)) throw new RangeError(`methods: the temperature of proposals must not be negative, got ${told}`);
  const sourceAt = (temperature: number) => scorerSource(sharedModel(context, "pointwise"), temperature);
  let temperature = told === 0 ? 1 : told;
  return {
    source: (...asked) => sourceAt(temperature)(...asked),
    temperature: () => temperature,
    async choose(training) {
      if (told > 0) return;
      const requests = selectRows(training, allRows({ size: Math.min(TUNING_REQUESTS, training.size) }));
      const tuning = { lists: Math.min(lists, TUNING_LISTS), seed: context.seed };
      temperature = await chooseTemperature(sourceAt, sharedModel(context, "judge"), requests, tuning);
    },
    choices: {
      get: () => ({ temperature }),
      set({ temperature: chosen }) {
        if (typeof chosen !== "number" || !(chosen > 0)) {
          throw new RangeError(`methods: the temperature must be positive, got ${JSON.stringify(chosen)}`);
        }
        temperature = chosen;
      },
    },
  };
}
