/**
 * A ranker behind HTTP: the server in a process of its own, and three calls.
 *
 *   npx tsx examples/from-arrays.ts ranker.safetensors
 *   npx tsx examples/serve-and-call.ts ranker.safetensors
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { RankedList, RankRequest } from "goalrank";

// At a terminal it is: npx goalrank serve ranker.safetensors. Port 0 is any free one.
const program = fileURLToPath(new URL("bin/goalrank.js", import.meta.resolve("goalrank/package.json")));
const words = ["serve", process.argv[2] ?? "ranker.safetensors", "--port", "0", "--workers", "1"];
const server = spawn(process.execPath, [program, ...words], { stdio: ["ignore", "ignore", "pipe"] });
const ended = once(server, "exit");

// Its log, one JSON object a line, says where it listens and when it is ready.
let url: string | undefined;
for await (const line of createInterface(server.stderr)) {
  url = /listening on (http:[^"]+)/.exec(line)?.[1] ?? url;
  if (line.includes("ranker loaded")) break;
  if (url === undefined) console.error(line);
}

/** A list, or what is wrong with the request. */
type Answer = RankedList | { readonly error: { readonly code: string; readonly message: string } };

async function call<Result>(body: RankRequest | { requests: RankRequest[] }): Promise<Result> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(`${url}/rank`, { method: "POST", headers, body: JSON.stringify(body) });
  return response.json() as Promise<Result>;
}

const show = (answer: Answer) =>
  console.log("error" in answer ? `${answer.error.code}: ${answer.error.message}` : answer.items.join(", "));

// One list.
show(await call({ user: "person 2", history: ["horror 2", "horror 6"], length: 3 }));

// Several in one body are ranked together; one that is wrong does the others no harm. Unknown films would be listed last.
const requests: RankRequest[] = [
  { user: "person 1" },
  { candidates: ["comedy 0", "no such film"], length: 2, unknown: "error" },
];
const { results } = await call<{ results: Answer[] }>({ requests });
for (const answer of results) show(answer);

server.kill("SIGTERM"); // it answers what has arrived, and ends
await ended;
