/** Features that come with a request itself, of its query and of each candidate: from raw numbers to what models read. */
import { type FeatureScale, scaled } from "../data/features/feature-scale.ts";
import { nearestName } from "../text/nearest-name.ts";
import { type Features, type GivenNumbers, RankRequestError } from "./requests.ts";

/** Whether features are an array of numbers rather than values by name. */
export function isArray(features: Features | GivenNumbers): features is readonly number[] | Float32Array {
  return Array.isArray(features) || ArrayBuffer.isView(features);
}

/**
 * The numbers of one query or candidate, scaled as training was: [F]. Of values by name, what is left out is 0.
 * @param path of the features in the request
 * @throws RankRequestError where there are none, or as many as no row had, or a name that no column has
 */
export function scaledFeatures(
  scale: FeatureScale,
  given: Features | GivenNumbers | undefined,
  path: string,
): Float32Array {
  const { names } = scale;
  const fail = (problem: string) => new RankRequestError("type", problem, path);
  if (given === undefined) throw fail(`this ranker reads ${describe(names)}; give them`);
  const numbers = new Float32Array(names.length);
  if (isArray(given)) {
    if (given.length !== names.length) throw fail(`${given.length} numbers, expected ${describe(names)}`);
    numbers.set(given);
  } else {
    for (const [name, value] of Object.entries(given)) {
      const column = names.indexOf(name);
      if (column < 0) throw fail(`there is no feature "${name}"; did you mean "${nearestName(name, names)}"?`);
      if (typeof value !== "number") throw fail(`"${name}" must be a number, got ${JSON.stringify(value)}`);
      numbers[column] = value;
    }
  }
  const wrong = numbers.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) throw fail(`"${names[wrong]}" is no finite number of 32 bits`);
  return scaled(scale, numbers);
}

function describe(names: readonly string[]): string {
  const shown =
    names.length <= 4 ? names.join(", ") : `${names.slice(0, 3).join(", ")}, ... ${names[names.length - 1]}`;
  return `${names.length} numbers, by the names ${shown}`;
}
