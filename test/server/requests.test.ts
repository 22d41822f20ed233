/** Whatever is sent, the server answers with the fitting status and typed JSON, and goes on answering. */
import { request } from "node:http";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseRaw, TestServer } from "./test-server.ts";

const test = suite("requests to the server");

const LIMITS = { bodyBytes: 4096, headerBytes: 2048, depth: 8, requests: 3, candidates: 5, history: 4 };
let server: TestServer;

test.before(async () => {
  server = await TestServer.start({
    settings: {
      limits: LIMITS,
      connections: { headersMilliseconds: 1000, requestMilliseconds: 1500 },
      logLevel: "debug",
    },
  });
});
test.after(() => server.close());

/** After everything that is done to it, the server still ranks. */
test.after.each(async () => {
  const { status, body } = await server.post({ candidates: ["a", "b"], length: 1 });
  assert.is(status, 200);
  assert.equal(body.items, ["first a"]);
});

const candidates = ["a", "b", "c"];

test("one request gives one list", async () => {
  const { status, headers, body } = await server.post({ user: "u", history: ["x"], candidates, length: 2 });
  assert.is(status, 200);
  assert.match(headers.get("content-type") ?? "", /^application\/json/);
  const { fingerprint, ...list } = body;
  assert.equal(list, { items: ["first a", "first b"], scores: [1, 1], logProbability: 0, unknownHistory: 0 });
  assert.is(fingerprint, (await server.get("/ready")).body.ranker.fingerprint);
  assert.is(headers.get("x-ranker-fingerprint"), fingerprint);
});

test("several requests give a result each, and one that is wrong does the others no harm", async () => {
  const { status, body } = await server.post({
    requests: [{ candidates }, { candidates: ["a", "unknown"] }, { candidates: 5 }],
  });
  assert.is(status, 200);
  assert.equal(body.results[0].items, ["first a", "first b", "first c"]);
  assert.equal(body.results[1].error, {
    code: "unknown-item",
    message: "candidates[1]: not known",
    path: "candidates[1]",
  });
  assert.is(body.results[2].error.code, "type");
  assert.is(body.results[2].error.path, "candidates");
});

const WRONG_BODIES: readonly (readonly [name: string, body: unknown, status: number, code: string, path?: string])[] = [
  ["no JSON", "{", 400, "json"],
  ["nothing", "", 400, "json"],
  ["bytes that are no UTF-8", Uint8Array.of(0x22, 0xc3, 0x28, 0x22), 400, "json"],
  ["a key that poisons prototypes", '{"candidates": ["a"], "__proto__": {"user": "x"}}', 400, "json"],
  ["the same key, escaped", '{"candidates": ["a"], "\\u005f_proto__": {"user": "x"}}', 400, "json"],
  ["arrays inside of each other", `${"[".repeat(9)}${"]".repeat(9)}`, 400, "json"],
  ["arrays that do not end", "[".repeat(4000), 400, "json"],
  ["a number", "5", 400, "type"],
  ["an array", "[]", 400, "type"],
  ["null", "null", 400, "type"],
  ["an unknown key", { candidates, colour: "red" }, 400, "type"],
  ["candidates that are no array", { candidates: "a" }, 400, "type", "candidates"],
  ["a candidate that is nothing", { candidates: ["a", null] }, 400, "type", "candidates[1]"],
  ["an id that is no name", { id: {}, candidates }, 400, "type", "id"],
  ["no requests", { requests: [] }, 400, "type", "requests"],
  ["requests that are no array", { requests: {} }, 400, "type", "requests"],
  ["requests and more", { requests: [{ candidates }], user: "u" }, 400, "type", "user"],
  ["too many requests", { requests: new Array(4).fill({ candidates }) }, 413, "count", "requests"],
  ["too many candidates", { candidates: [..."abcdef"] }, 413, "count", "candidates"],
  ["too long a history", { candidates, history: [..."abcde"] }, 413, "count", "history"],
  ["too many bytes", { candidates: ["a".repeat(5000)] }, 413, "too-large"],
  ["an unknown item", { candidates: ["a", "unknown"] }, 422, "unknown-item", "candidates[1]"],
  ["an item twice", { candidates: ["a", "a"] }, 422, "duplicate", "candidates"],
  ["too long a list", { candidates, length: 4 }, 422, "length", "length"],
  [
    "constraints that cannot be met",
    { candidates, constraints: { pins: [{ item: "a", position: 0 }] } },
    422,
    "constraints",
    "constraints",
  ],
  ["a defect", { candidates: ["defect"] }, 500, "internal"],
];

for (const [name, body, status, code, path] of WRONG_BODIES) {
  test(`${name}: ${status}, ${code}`, async () => {
    const answer = await server.post(body);
    assert.is(answer.status, status);
    assert.is(answer.body.error.code, code);
    assert.is(answer.body.error.path, path);
    assert.equal(Object.keys(answer.body), ["error"]);
    assert.not(JSON.stringify(answer.body).includes("secret"), "defects are not shown");
  });
}

test("a name that objects inherit is an item like any other", async () => {
  const { body } = await server.post({ candidates: ["constructor", "toString", "__proto__"] });
  assert.equal(body.items, ["first constructor", "first toString", "first __proto__"]);
});

test("other media types, and compressed bodies: 415", async () => {
  for (const headers of [
    { "Content-Type": "text/plain" },
    { "Content-Type": "application/x-www-form-urlencoded" },
    { "Content-Type": "nonsense" },
    { "Content-Encoding": "br" },
    { "Content-Encoding": "gzip, gzip" },
  ]) {
    const { status, body } = await server.post({ candidates }, headers as Record<string, string>);
    assert.is(status, 415, JSON.stringify(headers));
    assert.is(body.error.code, "media-type");
  }
});

test("numbers are names, and an id comes back, of a request that is wrong too", async () => {
  const { body } = await server.post({ id: 7, user: 1, history: [2, { item: 3 }], candidates: [4, { item: 5 }] });
  assert.equal([body.id, body.items], [7, ["first 4", "first 5"]]);
  const several = await server.post({
    requests: [{ id: "q1", candidates }, { id: "q2", candidates: 5 }, { candidates }],
  });
  const [first, second, third] = several.body.results;
  assert.equal([first.id, second.id, "id" in third], ["q1", "q2", false]);
  assert.equal(Object.keys(second), ["id", "error"]);
  assert.is(second.error.message, "candidates: expected an array of items, got 5");
});

test("what becomes of unknown candidates is the server's setting, unless a request says it", async () => {
  const strict = await TestServer.start({ settings: { unknown: "error" } });
  const requests = [{ candidates: ["unheard"] }, { candidates: ["unheard"], unknown: "skip" }];
  const { body } = await strict.post({ requests });
  assert.equal(
    body.results.map(({ items }: { items: string[] }) => items[0]),
    ["first error", "first skip"],
  );
  await strict.close();
  assert.equal((await server.post(requests[0])).body.items, ["first last"]);
});

test("bodies come plain, by whatever name, or as gzip, which is bounded once it is unpacked", async () => {
  const plain = await server.post({ candidates });
  const packed = (value: unknown) => new Uint8Array(gzipSync(JSON.stringify(value)));
  assert.equal((await server.post({ candidates }, { "Content-Encoding": "identity" })).body, plain.body);
  for (const name of ["gzip", "x-gzip", "GZIP"]) {
    assert.equal((await server.post(packed({ candidates }), { "Content-Encoding": name })).body, plain.body);
  }
  const bomb = packed({ candidates: ["a".repeat(50_000_000)] });
  const mistakes = [
    [bomb.subarray(0, 4000), 413, "too-large", "the body has more than 4096 bytes once it is unpacked"],
    [packed({ candidates }).subarray(0, 20), 400, "json", "the body is not gzip: unexpected end of file"],
    [Uint8Array.of(1, 2, 3), 400, "json", "the body is not gzip: incorrect header check"],
  ] as const;
  for (const [bytes, status, code, message] of mistakes) {
    const answer = await server.post(bytes, { "Content-Encoding": "gzip" });
    assert.equal([answer.status, answer.body.error], [status, { code, message }]);
  }
});

test("pages of the origins that are named may ask, and no others", async () => {
  const guarded = await TestServer.start({ token: "secret", settings: { cors: ["https://shop.example"] } });
  const asked = { Origin: "https://shop.example", "Access-Control-Request-Method": "POST" };
  const preflight = await guarded.get("/rank", asked, "OPTIONS");
  assert.is(preflight.status, 204);
  assert.is(preflight.headers.get("access-control-allow-origin"), "https://shop.example");
  assert.match(preflight.headers.get("access-control-allow-headers") ?? "", /Authorization, Content-Type/);
  const { status, headers } = await guarded.post(
    { candidates },
    { Origin: asked.Origin, Authorization: "Bearer secret" },
  );
  assert.is(status, 200);
  assert.is(headers.get("access-control-allow-origin"), asked.Origin);
  assert.is(headers.get("vary"), "Origin");
  const refused = await guarded.post({ candidates }, { Origin: asked.Origin });
  assert.equal([refused.status, refused.headers.get("access-control-allow-origin")], [401, asked.Origin]);
  const other = await guarded.get("/rank", { ...asked, Origin: "https://other.example" }, "OPTIONS");
  assert.equal([other.status, other.headers.get("access-control-allow-origin")], [401, null]);
  await guarded.close();
  const open = await TestServer.start({ settings: { cors: ["*"] } });
  assert.is(
    (await open.get("/health", { Origin: "https://any.example" })).headers.get("access-control-allow-origin"),
    "*",
  );
  await open.close();
  const { headers: own } = await server.get("/health", { Origin: asked.Origin });
  assert.is(own.get("access-control-allow-origin"), null);
});

test("a media type with parameters is JSON all the same", async () => {
  const { status } = await server.post({ candidates }, { "Content-Type": "application/json; charset=utf-8" });
  assert.is(status, 200);
});

test("unknown paths: 404; other methods: 405, with those that there are", async () => {
  for (const path of ["/nope", "/rank/", "/constructor", "/%61%62"]) {
    const { status, body } = await server.get(path);
    assert.is(status, 404, path);
    assert.is(body.error.code, "not-found");
  }
  for (const [method, path, allow] of [
    ["GET", "/rank", "POST"],
    ["PUT", "/rank", "POST"],
    ["OPTIONS", "/rank?x=1", "POST"],
    ["POST", "/metrics", "GET, HEAD"],
    ["DELETE", "/", "GET, HEAD"],
  ]) {
    const { status, headers, body } = await server.get(path, {}, method);
    assert.is(status, 405, `${method} ${path}`);
    assert.is(body.error.code, "method-not-allowed");
    assert.is(headers.get("allow"), allow);
  }
});

test("GET / lists what there is, /health and /ready answer, /metrics counts", async () => {
  assert.match((await server.get("/")).body, /POST \/rank/);
  assert.equal((await server.get("/health")).body, { status: "ok" });
  const { status, body } = await server.get("/ready");
  assert.is(status, 200);
  assert.is(body.ranker.name, "first");
  assert.is(await server.metric("goalrank_ranker_info", body.ranker.fingerprint), 1);
  const before = await server.metric("goalrank_http_requests_total", 'route="/rank",status="422"');
  await server.post({ candidates: ["unknown"] });
  assert.is(await server.metric("goalrank_http_requests_total", 'route="/rank",status="422"'), before + 1);
  assert.is(await server.metric("goalrank_workers"), 1);
  assert.ok((await server.metric("goalrank_batch_requests_count")) > 0);
  assert.ok((await server.metric("goalrank_http_request_duration_seconds_count", "/rank")) > 0);
  assert.ok((await server.metric("process_resident_memory_bytes")) > 0);
});

test("HEAD is answered as GET is, without the body", async () => {
  for (const path of ["/", "/health", "/ready", "/metrics", "/openapi.json"]) {
    const [got, asked] = [await server.get(path), await server.get(path, {}, "HEAD")];
    assert.equal([asked.status, asked.headers.get("content-type")], [200, got.headers.get("content-type")], path);
  }
});

test("a request keeps its id if that can be logged, and gets one else", async () => {
  const id = async (given: string) =>
    (await server.get("/health", { "X-Request-Id": given })).headers.get("x-request-id");
  assert.is(await id("order-17:a.b_c"), "order-17:a.b_c");
  assert.match((await id("a b")) ?? "", /^[0-9a-f-]{36}$/);
  assert.match((await id("x".repeat(129))) ?? "", /^[0-9a-f-]{36}$/);
});

test("the log has a line for each request, without what was asked", async () => {
  await server.post({ user: "somebody", candidates }, { "X-Request-Id": "logged" });
  const lines = server.log.map((line) => JSON.parse(line)).filter(({ requestId }) => requestId === "logged");
  assert.is(lines.length, 1);
  const { level, msg, status, requests, candidates: count, milliseconds } = lines[0];
  assert.equal([level, msg, status, requests, count], ["info", "POST /rank", 200, 1, 3]);
  assert.type(milliseconds, "number");
  assert.not(server.log.join("").includes("somebody"));
});

const HEAD = "POST /rank HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";

const GARBAGE: readonly (readonly [name: string, bytes: string, status: number, code: string])[] = [
  ["no HTTP", "hello\r\n\r\n", 400, "http"],
  ["a greeting in TLS", "\x16\x03\x01\x02\x00\x01\x00", 400, "http"],
  ["another version", "GET / HTTP/9.9\r\n\r\n", 400, "http"],
  ["no host", "GET /health HTTP/1.1\r\nConnection: close\r\n\r\n", 400, "http"],
  ["a path that is not encoded validly", "GET /%ff HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 400, "http"],
  ["a length that is no number", `${HEAD}Content-Length: many\r\n\r\n`, 400, "http"],
  ["two lengths", `${HEAD}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`, 400, "http"],
  ["a length and chunks", `${HEAD}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400, "http"],
  ["a chunk of no size", `${HEAD}Transfer-Encoding: chunked\r\n\r\nxyz\r\n`, 400, "http"],
  ["headers without end", `GET / HTTP/1.1\r\nHost: x\r\n${"name: value\r\n".repeat(1000)}`, 431, "headers-too-large"],
  ["a header without end", `GET / HTTP/1.1\r\nHost: x\r\na: ${"b".repeat(10_000)}`, 431, "headers-too-large"],
  ["an expectation", `${HEAD}Expect: miracles\r\nContent-Length: 2\r\n\r\n`, 417, "expectation"],
];

for (const [name, bytes, status, code] of GARBAGE) {
  test(`${name}: ${status}, ${code}`, async () => {
    assert.equal(parseRaw(await server.raw(bytes)), { status, code });
  });
}

const SLOW = [
  "GET / HTTP/1.1\r\nHost: x\r\n",
  `${HEAD}Content-Length: 100\r\n\r\n{"candidates`,
  `${HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\n{"can\r\n`,
];

test("headers, bodies and chunks that do not come: 408, slow-request", async () => {
  for (const answer of await Promise.all(SLOW.map((bytes) => server.raw(bytes)))) {
    assert.equal(parseRaw(answer), { status: 408, code: "slow-request" });
  }
});

test("a body of chunks that is cut off: 400", async () => {
  const answer = await server.raw(`${HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\n{"can\r\n`, { end: true });
  assert.equal(parseRaw(answer), { status: 400, code: "http" });
});

test("requests that are sent without waiting for answers are answered in their order", async () => {
  const one = (id: string, connection: string, body: string) =>
    `${HEAD}X-Request-Id: ${id}\r\nConnection: ${connection}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const good = JSON.stringify({ candidates });
  const text = await server.raw(
    one("p1", "keep-alive", good) + one("p2", "keep-alive", "{}x") + one("p3", "close", good),
  );
  assert.equal(
    [...text.matchAll(/x-request-id: (\w+)/gi)].map(([, id]) => id),
    ["p1", "p2", "p3"],
  );
  assert.equal(
    [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status),
    ["200", "400", "200"],
  );
});

/** Streams a body for as long as the server takes it; resolves with the answer and how many bytes have left. */
function stream(bytes: number, headers: Record<string, string>): Promise<{ text: string; sent: number }> {
  return new Promise((resolve, reject) => {
    const chunk = Buffer.alloc(64 * 1024, "[");
    let sent = 0;
    const out = request(
      `${server.url}/rank`,
      { method: "POST", headers: { "Content-Type": "application/json", ...headers } },
      (answer) => {
        let text = "";
        answer.on("data", (part) => {
          text += part;
        });
        answer.on("end", () => {
          out.destroy();
          resolve({ text: `${answer.statusCode} ${text}`, sent });
        });
      },
    );
    out.on("error", (error) => (sent < bytes ? reject(error) : undefined));
    const write = () => {
      while (sent < bytes && !out.destroyed) {
        sent += chunk.length;
        if (!out.write(chunk)) return;
      }
      if (sent >= bytes) out.end();
    };
    out.on("drain", write);
    write();
  });
}

const HUNDRED_MEGABYTES = 100 * 2 ** 20;

test("a body of 100 MB is refused before it is read, whether its length is told or not", async () => {
  const before = process.memoryUsage().arrayBuffers;
  for (const headers of [{ "Content-Length": String(HUNDRED_MEGABYTES) }, { "Transfer-Encoding": "chunked" }]) {
    const { text } = await stream(HUNDRED_MEGABYTES, headers as Record<string, string>);
    assert.match(text, /^413 .*"too-large"/);
  }
  assert.ok(process.memoryUsage().arrayBuffers - before < 50e6, "the body is not held");
});

test("a sender that asks before it sends too much is told not to", async () => {
  const text = await server.raw(`${HEAD}Expect: 100-continue\r\nContent-Length: 100000\r\n\r\n`);
  assert.equal(parseRaw(text), { status: 413, code: "too-large" });
  const body = JSON.stringify({ candidates });
  const good = await server.raw(
    `${HEAD}Connection: close\r\nExpect: 100-continue\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  assert.match(good, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/);
});

test("no JSON value makes the server fail", async () => {
  const names = fc.constantFrom("a", "b", "unknown", "", "__proto__", "constructor");
  const likeRequest = fc.record(
    {
      user: fc.oneof(names, fc.jsonValue()),
      history: fc.oneof(fc.array(names), fc.jsonValue()),
      candidates: fc.oneof(
        fc.array(fc.oneof(names, fc.record({ item: names, score: fc.oneof(fc.double(), fc.jsonValue()) }))),
        fc.jsonValue(),
      ),
      length: fc.oneof(fc.integer(), fc.jsonValue()),
      constraints: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );
  const value = fc.oneof(fc.jsonValue(), likeRequest, fc.record({ requests: fc.array(likeRequest) }));
  await fc.assert(
    fc.asyncProperty(value, async (body) => {
      const answer = await server.post(JSON.stringify(body));
      assert.ok([200, 400, 413, 422].includes(answer.status), `${answer.status} ${JSON.stringify(answer.body)}`);
      if (answer.status !== 200) assert.type(answer.body.error.code, "string");
    }),
    { numRuns: 200 },
  );
});

test("no bytes make the server fail", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async (bytes) => {
      const { status } = await server.post(bytes);
      assert.ok([200, 400, 413, 422].includes(status), String(status));
    }),
    { numRuns: 50 },
  );
});

test.run();
