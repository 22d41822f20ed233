/** What befalls a server that is at work: too much of it, workers that die, new rankers, its own end. */
import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { RankerLoadError } from "../../src/server/ranking/worker-process.ts";
import { type Answer, startServer, TestServer, type TestServerOptions } from "./test-server.ts";
import { until } from "./until.ts";

const test = suite("server at work");

/** Runs a test on a server of its own. */
function withServer(name: string, options: TestServerOptions, run: (server: TestServer) => Promise<void>): void {
  test(name, async () => {
    const server = await TestServer.start(options);
    try {
      await run(server);
    } finally {
      server.openGate();
      await server.close();
    }
  });
}

const candidates = ["a", "b"];
const statusOf = ({ status }: Answer) => status;
const count = (answers: readonly Answer[], status: number) =>
  answers.filter((answer) => answer.status === status).length;
const waiting = (server: TestServer) => server.metric("goalrank_queue_requests");
const ranking = (server: TestServer) => server.metric("goalrank_ranking_requests");

withServer(
  "above the bound of its queue the server refuses with 503 and Retry-After, and recovers",
  { isGated: true, settings: { batch: { requests: 2 }, queue: { requests: 5 } } },
  async (server) => {
    const first = server.post({ candidates });
    await until(async () => (await ranking(server)) === 1);
    const more = Array.from({ length: 20 }, () => server.post({ candidates }));
    await until(async () => (await server.metric("goalrank_refused_requests_total", "overloaded")) === 15);
    assert.is(await waiting(server), 5);
    const health = await server.get("/health");
    assert.is(health.status, 200, "the server itself is not busy");
    server.openGate();
    const answers = await Promise.all([first, ...more]);
    assert.is(count(answers, 200), 6);
    assert.is(count(answers, 503), 15);
    for (const { status, headers, body } of answers) {
      if (status === 200) continue;
      assert.is(body.error.code, "overloaded");
      assert.ok(Number(headers.get("retry-after")) >= 1);
    }
    assert.is(statusOf(await server.post({ candidates })), 200);
    assert.is(await waiting(server), 0);
  },
);

withServer(
  "a body whose requests do not all find a place is refused as a whole",
  { isGated: true, settings: { queue: { requests: 5 } } },
  async (server) => {
    const first = server.post({ candidates });
    await until(async () => (await ranking(server)) === 1);
    const three = server.post({ requests: new Array(3).fill({ candidates }) });
    await until(async () => (await waiting(server)) === 3);
    const { status, body } = await server.post({ requests: new Array(3).fill({ candidates }) });
    assert.is(status, 503);
    assert.is(body.error.code, "overloaded");
    server.openGate();
    assert.is(statusOf(await first), 200);
    assert.is((await three).body.results.length, 3);
  },
);

withServer(
  "requests are refused when those ahead would take longer than the queue's bound",
  { isGated: true, ranker: { name: "slow", milliseconds: 4 }, settings: { queue: { milliseconds: 20 } } },
  async (server) => {
    const answers = Array.from({ length: 40 }, () => server.post({ candidates }));
    await until(async () => (await server.metric("goalrank_refused_requests_total", "overloaded")) >= 30);
    server.openGate();
    const statuses = (await Promise.all(answers)).map(statusOf);
    assert.ok(statuses.filter((status) => status === 200).length >= 2, String(statuses));
    assert.ok(statuses.every((status) => status === 200 || status === 503));
    await until(async () => statusOf(await server.post({ candidates })) === 200);
  },
);

withServer(
  "what waits together is ranked together, up to the size of a batch",
  { isGated: true, settings: { batch: { requests: 4 } } },
  async (server) => {
    const first = server.post({ candidates });
    await until(async () => (await ranking(server)) === 1);
    const others = Array.from({ length: 8 }, (_, n) => server.post({ candidates: [`item ${n}`] }));
    await until(async () => (await waiting(server)) === 8);
    server.openGate();
    await first;
    const answers = await Promise.all(others);
    assert.equal(
      answers.map(({ body }) => body.items[0]),
      Array.from({ length: 8 }, (_, n) => `first item ${n}`),
    );
    assert.is(await server.metric("goalrank_batch_requests_count"), 3);
    assert.is(await server.metric("goalrank_batch_requests_sum"), 9);
  },
);

withServer(
  "with a bound on their wait, requests wait for company though a worker is idle",
  { settings: { batch: { requests: 3, milliseconds: 60_000 } } },
  async (server) => {
    const two = [server.post({ candidates }), server.post({ candidates })];
    await until(async () => (await waiting(server)) === 2);
    const three = await Promise.all([...two, server.post({ candidates })]);
    assert.equal(three.map(statusOf), [200, 200, 200]);
    assert.is(await server.metric("goalrank_batch_requests_count"), 1);
  },
);

withServer(
  "a request that is not ranked in time is answered 503, and is not ranked later",
  { isGated: true, settings: { timeoutMilliseconds: 200 } },
  async (server) => {
    const first = server.post({ candidates });
    await until(async () => (await ranking(server)) === 1);
    for (const { status, headers, body } of [await first, await server.post({ candidates })]) {
      assert.is(status, 503);
      assert.is(body.error.code, "timeout");
      assert.ok(Number(headers.get("retry-after")) >= 1);
    }
    assert.is(await waiting(server), 0);
    server.openGate();
    await until(async () => (await ranking(server)) === 0);
    assert.is(await server.metric("goalrank_batch_requests_count"), 1);
    await until(async () => statusOf(await server.post({ candidates })) === 200);
  },
);

withServer("a client that leaves takes its waiting request along", { isGated: true, settings: {} }, async (server) => {
  const first = server.post({ candidates });
  await until(async () => (await ranking(server)) === 1);
  const leave = new AbortController();
  const abandoned = fetch(`${server.url}/rank`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ candidates }),
    signal: leave.signal,
  }).catch(() => "left");
  await until(async () => (await waiting(server)) === 1);
  leave.abort();
  assert.is(await abandoned, "left");
  await until(async () => (await waiting(server)) === 0);
  server.openGate();
  assert.is(statusOf(await first), 200);
  assert.is(await server.metric("goalrank_http_requests_total", 'status="499"'), 1);
});

withServer("a worker that is killed over requests loses none of them", { isGated: true }, async (server) => {
  const answers = Array.from({ length: 30 }, () => server.post({ candidates }));
  await until(async () => (await ranking(server)) > 0 && (await waiting(server)) > 0);
  const [before] = server.server.workerIds;
  process.kill(before, "SIGKILL");
  await until(() => server.server.workerIds.length === 1 && server.server.workerIds[0] !== before);
  server.openGate();
  assert.equal((await Promise.all(answers)).map(statusOf), new Array(30).fill(200));
  assert.is(await server.metric("goalrank_worker_deaths_total"), 1);
  assert.ok((await server.metric("goalrank_retried_requests_total")) >= 1);
});

withServer(
  "workers that are killed again and again under load leave no request without an answer",
  { settings: { workers: 2 }, ranker: { name: "first", milliseconds: 1 } },
  async (server) => {
    let isOver = false;
    const clients = Array.from({ length: 6 }, async () => {
      const statuses: number[] = [];
      while (!isOver) statuses.push(statusOf(await server.post({ candidates })));
      return statuses;
    });
    for (let kills = 0; kills < 4; kills++) {
      await until(() => server.server.workerIds.length === 2);
      process.kill(server.server.workerIds[kills % 2], "SIGKILL");
      await until(() => server.server.workerIds.length < 2);
    }
    isOver = true;
    const statuses = (await Promise.all(clients)).flat();
    assert.ok(
      statuses.every((status) => status === 200 || status === 500),
      String(statuses),
    );
    assert.ok(statuses.filter((status) => status === 200).length > 4);
  },
);

withServer("a request that kills two workers is given up, and takes no other along", {}, async (server) => {
  const bad = server.post({ candidates: ["crash"] });
  const good = server.post({ candidates });
  assert.equal([statusOf(await bad), (await bad).body.error.code], [500, "internal"]);
  assert.is(statusOf(await good), 200);
  assert.is(await server.metric("goalrank_worker_deaths_total"), 2);
});

withServer("a defect over one request of a batch leaves the others their lists", { isGated: true }, async (server) => {
  const first = server.post({ candidates });
  await until(async () => (await ranking(server)) === 1);
  const defect = server.post({ candidates: ["defect"] });
  const good = server.post({ candidates });
  await until(async () => (await waiting(server)) === 2);
  server.openGate();
  assert.equal([statusOf(await first), statusOf(await defect), statusOf(await good)], [200, 500, 200]);
  assert.ok(
    server.log.some((line) => line.includes("a secret of the server")),
    "the log says what the client is not told",
  );
});

withServer(
  "a worker that does not come back from a request is replaced",
  { settings: { timeoutMilliseconds: 150, stuckMilliseconds: 300 } },
  async (server) => {
    const [before] = server.server.workerIds;
    const { status, body } = await server.post({ candidates: ["hang"] });
    assert.equal([status, body.error.code], [503, "timeout"]);
    await until(() => server.server.workerIds.length === 1 && server.server.workerIds[0] !== before);
    await until(async () => statusOf(await server.post({ candidates })) === 200);
  },
);

withServer(
  "a new file is loaded when it appears, and no request is dropped meanwhile",
  { settings: { watchMilliseconds: 20 }, ranker: { name: "first", milliseconds: 1 } },
  async (server) => {
    let isOver = false;
    const seen: string[] = [];
    const clients = Array.from({ length: 4 }, async () => {
      while (!isOver) {
        const { status, body } = await server.post({ candidates: ["a"] });
        assert.is(status, 200);
        seen.push(body.items[0]);
      }
    });
    for (const name of ["second", "third"]) {
      server.writeRanker({ name, milliseconds: 1 });
      await until(() => seen.includes(`${name} a`));
    }
    isOver = true;
    await Promise.all(clients);
    assert.is(seen.at(-1), "third a");
    assert.is(await server.metric("goalrank_reloads_total", "done"), 2);
    assert.is((await server.get("/ready")).body.ranker.name, "third");
    assert.is(server.server.workerIds.length, 1);
  },
);

withServer("a new file that is no good is logged, and the old ranker stays", {}, async (server) => {
  for (const [n, damaged] of ["{", "crash", '{"name": '].entries()) {
    server.writeRanker(damaged);
    await server.server.reload("test");
    assert.equal((await server.post({ candidates: ["a"] })).body.items, ["first a"]);
    assert.is(await server.metric("goalrank_reloads_total", "failed"), n + 1);
  }
  const errors = server.log.map((line) => JSON.parse(line)).filter(({ level }) => level === "error");
  assert.is(errors.length, 3);
  assert.match(errors[0].msg, /the old one stays/);
  process.kill(server.server.workerIds[0], "SIGKILL");
  await until(() => server.server.workerIds.length === 0);
  await until(() => server.server.workerIds.length === 1);
  assert.equal((await server.post({ candidates: ["a"] })).body.items, ["first a"], "loaded from the file that it held");
});

withServer("a first file that is no good, or is not there, ends the start", {}, async (server) => {
  server.writeRanker("{");
  const wrong: readonly (readonly [source: string, message: RegExp])[] = [
    [server.folder, /JSON/],
    [join(server.folder, "nothing.safetensors"), /there is no such file/],
  ];
  for (const [source, message] of wrong) {
    const error = await startServer(source, {}).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    assert.instance(error, RankerLoadError);
    assert.match((error as Error).message, message);
  }
});

withServer(
  "a server that ends answers what it has, is not ready, and takes no new connections",
  { isGated: true, settings: { shutdown: { delayMilliseconds: 1500 } } },
  async (server) => {
    const begun = Array.from({ length: 5 }, () => server.post({ candidates }));
    await until(async () => (await ranking(server)) + (await waiting(server)) === 5);
    const closed = server.server.close();
    const ready = await server.get("/ready");
    assert.equal([ready.status, ready.body.error.code], [503, "not-ready"]);
    assert.is(ready.headers.get("connection"), "close");
    assert.is(statusOf(await server.get("/health")), 200);
    await until(() =>
      server.get("/health").then(
        () => false,
        () => true,
      ),
    );
    server.openGate();
    assert.equal((await Promise.all(begun)).map(statusOf), new Array(5).fill(200));
    await closed;
    assert.is(server.server.workerIds.length, 0);
  },
);

withServer("a connection on which nothing comes does not hold up the end", {}, async (server) => {
  const spare = connect(Number(new URL(server.url).port), "127.0.0.1");
  await once(spare, "connect");
  await server.get("/health");
  const cut = once(spare, "close");
  await server.server.close();
  await cut;
});

withServer(
  "a server that ends waits no longer for requests than its grace",
  { isGated: true, settings: { shutdown: { graceMilliseconds: 100 } } },
  async (server) => {
    const begun = server.post({ candidates }).then(statusOf, () => "cut off");
    await until(async () => (await ranking(server)) === 1);
    await server.server.close();
    assert.is(await begun, "cut off");
  },
);

withServer("with a token, all but /health asks for it", { token: "correct-horse" }, async (server) => {
  assert.is(statusOf(await server.get("/health")), 200);
  for (const path of ["/", "/ready", "/metrics", "/openapi.json", "/nope"]) {
    const { status, headers, body } = await server.get(path);
    assert.equal([status, body.error.code], [401, "unauthorized"], path);
    assert.is(headers.get("www-authenticate"), "Bearer");
  }
  const withToken = (token: string) => server.post({ candidates }, { Authorization: token }).then(statusOf);
  assert.is(await withToken("Bearer correct-horse"), 200);
  assert.is(await withToken("bearer correct-horse"), 200);
  for (const wrong of [
    "correct-horse",
    "Bearer",
    "Bearer ",
    "Bearer correct-horsf",
    "Bearer correct-hors",
    "Basic correct-horse",
  ]) {
    assert.is(await withToken(wrong), 401, wrong);
  }
  assert.not(server.log.join("").includes("correct-horse"));
});

withServer("a token is told from every other text", { token: "correct-horse" }, async (server) => {
  const near = fc.constantFrom("correct-horse", "correct-hors", "Correct-horse", "correct-horse correct-horse");
  const text = fc.oneof(near, fc.stringMatching(/^[\x21-\x7e]+$/));
  await fc.assert(
    fc.asyncProperty(text, async (given) => {
      const { status } = await server.get("/ready", { Authorization: `Bearer ${given}` });
      assert.is(status, given === "correct-horse" ? 200 : 401);
    }),
  );
});

withServer("a body without a token is not read", { token: "secret" }, async (server) => {
  const head = "POST /rank HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{";
  assert.match(await server.raw(head), /^HTTP\/1\.1 401 /);
});

withServer(
  "connections above the bound are closed at once",
  { settings: { connections: { count: 1 } } },
  async (server) => {
    const held = connect(Number(new URL(server.url).port), "127.0.0.1");
    held.write("GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
    await once(held, "data");
    const refused = await server.raw("GET /health HTTP/1.1\r\nHost: x\r\n\r\n").catch(() => "");
    assert.is(refused, "");
    held.destroy();
    await once(held, "close");
  },
);

test.run();
