/**
 * The process of one contender: opens the module of that name in the folder contenders/ and answers requests (see
 * protocol.ts).
 *
 *   tsx bench/peers/serve.ts NAME THREADS
 */
import { createInterface } from "node:readline";
import { answersOf, greetingOf, type OpenContender } from "./contender.ts";
import type { Greeting, Reply, Request } from "./protocol.ts";

// Standard output belongs to the protocol; what a library has to say goes elsewhere.
console.log = console.error;
console.info = console.error;

const say = (message: Greeting | Reply) => process.stdout.write(`${JSON.stringify(message)}\n`);

const [name, threads] = process.argv.slice(2);
const { open } = (await import(`./contenders/${name}.ts`)) as { open: OpenContender };
const contender = await open(Number(threads));
const answer = answersOf(contender);
say(greetingOf(contender));
for await (const line of createInterface({ input: process.stdin })) {
  say(await answer(JSON.parse(line) as Request).catch((error: unknown) => ({ error: String(error) })));
}
// Threads of libraries would keep the process alive.
process.exit();
