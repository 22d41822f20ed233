/**
 * What a ranker's file grows by for what its known users have met: bytes, all and for each interaction.
 *
 *   npx tsx bench/user-pasts.ts ml-1m/ratings.dat
 */
import { cutLog } from "../src/data/cut-log.ts";
import { readInteractions } from "../src/data/readers/read-interactions.ts";
import { UserPasts } from "../src/data/user-pasts.ts";

const { log } = cutLog(await readInteractions({ format: "movielens", file: process.argv[2] ?? "ml-1m/ratings.dat" }));
const pasts = UserPasts.of(log, { positiveThreshold: 3, historyLength: 20, repeats: false });
const sizes = pasts.tensors().map(([name, { data }]) => [name, data.byteLength] as const);
const total = sizes.reduce((sum, [, bytes]) => sum + bytes, 0);
console.log(`${log.userIds.length} users, ${log.items.length} interactions: ${(total / 1e6).toFixed(2)} MB,`);
console.log(`${(total / log.items.length).toFixed(2)} bytes for each interaction`);
for (const [name, bytes] of sizes) console.log(`${name.padEnd(14)} ${bytes}`);
