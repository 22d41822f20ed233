/**
 * The process of one contender: opens the module of that name in the folder contenders/ and answers requests (see
 * protocol.ts).
 *
 *   tsx bench/peers/serve.ts NAME THREADS
 */
import { createInterface } from "node:readline";
import type { Contender, OpenContender } from "./contender.ts";
import { drawInput, type Greeting, type KernelName, type Reply, type Request } from "./protocol.ts";
import { timeRuns } from "./sampling.ts";

// Standard output belongs to the protocol; what a library has to say goes elsewhere.
console.log = console.error;
console.info = console.error;

const say = (message: Greeting | Reply) => process.stdout.write(`${JSON.stringify(message)}\n`);

/** Remembers what was prepared last, for the requests that run it. */
function createAnswers(contender: Contender): (request: Request) => Promise<Reply> {
  let run: () => unknown = () => {
    throw new Error("nothing is prepared: ask for a kernel or for training first");
  };
  return async (request) => {
    if ("runs" in request) return { seconds: await timeRuns(run, request.runs) };
    if ("kernel" in request) {
      const prepare = contender.kernels[request.kernel];
      if (prepare === undefined) throw new Error(`${contender.version} has no ${request.kernel} here`);
      const computation = await prepare(request.inputs.map(drawInput));
      run = () => computation.run();
      const result = await computation.read();
      return { values: request.probes.map((index) => result[index]) };
    }
    if (contender.prepareTraining === undefined) throw new Error(`${contender.version} does not train here`);
    const step = contender.prepareTraining();
    run = step;
    const losses: number[] = [];
    for (let i = 0; i < request.trainingSteps; i++) losses.push(await step());
    return { losses };
  };
}

const [name, threads] = process.argv.slice(2);
const { open } = (await import(`./contenders/${name}.ts`)) as { open: OpenContender };
const contender = await open(Number(threads));
const answer = createAnswers(contender);
say({
  version: contender.version,
  kernels: Object.keys(contender.kernels) as KernelName[],
  trains: contender.prepareTraining !== undefined,
});
for await (const line of createInterface({ input: process.stdin })) {
  say(await answer(JSON.parse(line) as Request).catch((error: unknown) => ({ error: String(error) })));
}
// Threads of libraries would keep the process alive.
process.exit();
