/** A product's rules: from the names of a request to the places of its candidates, and for what stands after them. */
import type { ListConstraints } from "../goalrank/decoding/constraints.ts";
import { RankRequestError, type RequestConstraints } from "./requests.ts";
import type { ResolvedCandidates } from "./resolve-candidates.ts";

/** @param length of the list that is made of known candidates */
export function resolveConstraints(
  { exclude = [], pins = [], categories }: RequestConstraints,
  { ranked, last }: ResolvedCandidates,
  length: number,
): ListConstraints {
  const placeOf = new Map(ranked.map(({ name }, place) => [name, place]));
  const excluded = new Set(exclude.map(String));
  const { of, limit } = categories ?? {};
  const own = of && numberCategories(ranked.map(({ name }) => categoryOf(of, name)));
  return {
    forbidden: Int32Array.from(ranked, ({ name }) => (excluded.has(name) ? 1 : 0)),
    pins: pins.map(({ item, position }, n) => {
      const name = String(item);
      const candidate = placeOf.get(name);
      const path = `constraints.pins[${n}]`;
      if (last.includes(name)) {
        const problem = `the item "${name}" is unknown, and cannot be pinned unless with its \`features\``;
        throw new RankRequestError("constraints", problem, `${path}.item`);
      }
      if (candidate === undefined) {
        throw new RankRequestError("constraints", `the item "${name}" is no candidate`, `${path}.item`);
      }
      if (position >= length) {
        const problem = `the list has ${length} known items, at the positions from 0; got ${position}`;
        throw new RankRequestError("constraints", problem, `${path}.position`);
      }
      return { request: 0, position, candidate };
    }),
    ...(own && limit !== undefined && { categories: { of: own.numbers, limit } }),
    names: { candidate: (place) => `"${ranked[place].name}"`, category: (number) => `"${own?.names[number] ?? ""}"` },
  };
}

/** The category of an item, where it has one. A request's object may have keys that all objects have. */
function categoryOf(of: NonNullable<RequestConstraints["categories"]>["of"], item: string): string | undefined {
  return Object.hasOwn(of, item) ? String(of[item]) : undefined;
}

/** Items without a category are in one of their own each. */
function numberCategories(categories: readonly (string | undefined)[]) {
  const numbers = new Map<string, number>();
  const own = Int32Array.from(categories, (category, place) => {
    if (category === undefined) return -1 - place;
    const number = numbers.get(category) ?? numbers.size;
    numbers.set(category, number);
    return number;
  });
  return { numbers: own, names: [...numbers.keys()] };
}

/** How many of the known candidates a list can hold under the rules: see `goalrank/decoding/constraints.ts`. */
export function knownCapacity(
  { ranked }: ResolvedCandidates,
  { exclude = [], categories }: RequestConstraints = {},
): number {
  const excluded = new Set(exclude.map(String));
  const counts = new Map<string, number>();
  let capacity = 0;
  for (const { name } of ranked) {
    if (excluded.has(name)) continue;
    const category = categories && categoryOf(categories.of, name);
    const count = category === undefined ? 0 : (counts.get(category) ?? 0);
    if (category !== undefined) counts.set(category, count + 1);
    if (categories === undefined || category === undefined || count < categories.limit) capacity++;
  }
  return capacity;
}

/**
 * A list of known items with unknown ones after them, in the order in which they were given, as the rules allow.
 * @throws RankRequestError where they allow too few
 */
export function withLast(
  list: readonly string[],
  last: readonly string[],
  length: number,
  { exclude = [], categories }: RequestConstraints = {},
): string[] {
  const whole = [...list];
  const excluded = new Set(exclude.map(String));
  const used = (category: string) =>
    whole.filter((item) => categories !== undefined && categoryOf(categories.of, item) === category).length;
  for (const item of last) {
    if (whole.length === length) break;
    const category = categories && categoryOf(categories.of, item);
    const isFull = categories !== undefined && category !== undefined && used(category) >= categories.limit;
    if (!excluded.has(item) && !isFull) whole.push(item);
  }
  if (whole.length === length) return whole;
  const problem = `they leave ${whole.length} of ${list.length + last.length} candidates for ${length} positions`;
  throw new RankRequestError("constraints", problem, "constraints");
}
