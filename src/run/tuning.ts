/** What single methods have other than the others: their training, and hyperparameters of their own. */
import * as z from "zod";
import { METHODS, methodNamed } from "../methods/index.ts";
import type { MethodContext } from "../methods/method.ts";
import { count, name, nonNegative, positive, type Settings } from "../settings/setting-kinds.ts";
import { noSuchName } from "../text/nearest-name.ts";
import type { StageOptions } from "../training/options.ts";

/** What can be tuned: methods that learn, and the judge. */
export const TUNABLE: readonly string[] = [
  ...new Set(["judge", "imitation", ...METHODS.filter(({ family }) => family !== "reference").map(({ name }) => name)]),
];

const tuningSchema = z.strictObject({
  learningRate: positive.exactOptional(),
  epochs: count.exactOptional(),
  weightDecay: nonNegative.exactOptional(),
  batchSize: count.exactOptional(),
  hyperparameters: z.record(name, z.number()).exactOptional(),
});

/** What one method has other than the others. */
export type Tuning = Settings<typeof tuningSchema>;

export const tunedSchema = z
  .record(name, tuningSchema)
  .superRefine((tuned, { addIssue }) => {
    for (const [message, ...path] of strangersIn(tuned)) addIssue({ code: "custom", path, message });
  })
  .describe(
    "What single methods have other than the others, by the name of the method, or `judge`: `learningRate`, `epochs`, " +
      "`weightDecay`, `batchSize`, and `hyperparameters`, those of its own by name",
  );

/** By the name of the method. */
export type Tuned = Settings<typeof tunedSchema>;

/** Names that mean nothing: what is wrong, and the path. */
function* strangersIn(tuned: Tuned): Generator<[string, ...string[]]> {
  for (const [method, { hyperparameters = {} }] of Object.entries(tuned)) {
    const known = methodNamed(method);
    // There are as many generator-evaluators as numbers of lists.
    const isTunable = TUNABLE.includes(method) || (known !== undefined && known.family !== "reference");
    if (!isTunable) {
      yield [noSuchName("method", method, TUNABLE), method];
      continue;
    }
    const own = Object.keys(known?.hyperparameters ?? {});
    for (const stranger of Object.keys(hyperparameters).filter((key) => !own.includes(key))) {
      const problem =
        own.length === 0 ? `${method} has no hyperparameters of its own` : noSuchName("hyperparameter", stranger, own);
      yield [problem, method, "hyperparameters", stranger];
    }
  }
}

/** How a method is trained, when others are trained with `usual`. */
export function tunedTraining(
  { tuned }: { readonly tuned?: Tuned | undefined },
  method: string,
  usual: StageOptions,
): StageOptions {
  const { hyperparameters: _, ...training } = tuned?.[method] ?? {};
  return { ...usual, ...training };
}

/** The hyperparameters of methods, as methods are given them; nothing where none is tuned. */
export function tunedHyperparameters({
  tuned = {},
}: {
  readonly tuned?: Tuned | undefined;
}): Pick<MethodContext, "tuned"> {
  const own = Object.entries(tuned).flatMap(([method, { hyperparameters }]) =>
    hyperparameters === undefined ? [] : [[method, hyperparameters] as const],
  );
  return own.length === 0 ? {} : { tuned: Object.fromEntries(own) };
}
