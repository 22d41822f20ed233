/**
 * The world of lectures 3 and 4: one viewer, six films of three kinds, lists of three. Small enough that all 120 lists can
 * be written down, and large enough that a list is more than the sum of its films.
 */
import { Random } from "goalrank/tensor";

/** Films in pairs of a kind. */
export const FILMS = ["western A", "western B", "comedy A", "comedy B", "drama A", "drama B"];
/** How well the viewer likes each film by itself, in logits. */
const TASTE = [1.5, 1.2, 0.6, 0.3, -0.2, -0.5];
/** What a second film of a kind loses, in logits. */
const FATIGUE = 2;
/** How much of the attention each position gets. */
const ATTENTION = [1, 0.8, 0.6];

export type List = readonly number[];

const kindOf = (film: number) => Math.floor(film / 2);
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** All lists of three different films. */
export const LISTS: readonly List[] = Array.from({ length: 6 ** 3 }, (_, n) => [n / 36, (n / 6) % 6, n % 6])
  .map((list) => list.map(Math.floor))
  .filter((list) => new Set(list).size === list.length);

/** The probability that each film of a list is liked. It depends on those above it. */
export function likes(list: List): number[] {
  return list.map((film, position) => {
    const isSecond = list.slice(0, position).some((earlier) => kindOf(earlier) === kindOf(film));
    return ATTENTION[position] * sigmoid(TASTE[film] - (isSecond ? FATIGUE : 0));
  });
}

/** The true reward of a list: how many films of it are liked, on average. */
export function truth(list: List): number {
  return likes(list).reduce((sum, probability) => sum + probability, 0);
}

/** What was shown and liked. The lists come from whoever ranked before: by taste, with some chance. */
export function drawLog(size: number, seed: number): { readonly list: List; readonly liked: number[] }[] {
  const random = new Random({ seed, stream: "log of six films", step: 0 });
  return Array.from({ length: size }, () => {
    const noisy = TASTE.map((taste) => taste + random.gumbel());
    const list = [...FILMS.keys()].sort((a, b) => noisy[b] - noisy[a]).slice(0, 3);
    return { list, liked: likes(list).map((probability) => Number(random.uniform() < probability)) };
  });
}

/** A list in words. */
export const titles = (list: List) => list.map((film) => FILMS[film]).join(", ");
