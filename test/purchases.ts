/** A grocery's log of its own making: few lists a user, most of what is bought bought before. */
import type { InteractionEvent } from "../src/data/events.ts";
import type { Random } from "../src/kernels/index.ts";

const PRODUCTS = 60;
/** How often a customer takes what they took before. */
const AGAIN = 0.7;

/** Purchases of so many customers, so many each; every one has favourites of a few shelves of the shop. */
export function purchases(customers: number, each: number, random: Random): InteractionEvent[] {
  return Array.from({ length: customers }, (_, customer) => {
    const bought: number[] = [];
    const shelf = random.integer(PRODUCTS);
    return Array.from({ length: each }, (_, n): InteractionEvent => {
      const isAgain = bought.length > 0 && random.uniform() < AGAIN;
      const product = isAgain
        ? bought[random.integer(bought.length)]
        : (shelf + Math.floor(PRODUCTS * random.uniform() ** 3)) % PRODUCTS;
      bought.push(product);
      return { user: `customer ${customer}`, item: `product ${product}`, feedback: 1, timestamp: 100 * n + customer };
    });
  }).flat();
}
