/** The description at /openapi.json is true: what the server sends is of the forms that it describes. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { z } from "zod";
import { type Answer, TestServer } from "./test-server.ts";

const test = suite("description in OpenAPI");

// biome-ignore lint/suspicious/noExplicitAny: a JSON document of any form
type Json = any;

let server: TestServer;
let description: Json;

test.before(async () => {
  const impressions = { folder: mkdtempSync(join(tmpdir(), "goalrank-openapi-")) };
  server = await TestServer.start({
    settings: { impressions, limits: { candidates: 3, bodyBytes: 2000 }, queue: { requests: 2 } },
  });
  description = (await server.get("/openapi.json")).body;
});
test.after(() => server.close());

/** The document with every reference replaced by what it refers to. */
function resolve(part: Json): Json {
  if (Array.isArray(part)) return part.map(resolve);
  if (typeof part !== "object" || part === null) return part;
  if (typeof part.$ref !== "string") {
    return Object.fromEntries(Object.entries(part).map(([key, value]) => [key, resolve(value)]));
  }
  const keys = part.$ref.replace(/^#\//, "").split("/");
  const target = keys.reduce((node: Json, key: string) => node?.[key], description);
  assert.ok(target !== undefined, `${part.$ref} refers to nothing`);
  return resolve(target);
}

const isOfForm = (schema: Json, value: unknown) => z.fromJSONSchema(schema).safeParse(value).success;

/** Asserts that an answer of that method and path is described. */
function checkAnswer(method: string, path: string, { status, headers, body }: Answer): void {
  const described = resolve(description).paths[path]?.[method.toLowerCase()]?.responses[status];
  const place = `${method} ${path} ${status}`;
  assert.ok(described !== undefined, `${place} is not described`);
  const type = (headers.get("content-type") ?? "").split(";")[0];
  assert.ok(type in described.content, `${place}: ${type} is not described`);
  const { schema } = described.content[type];
  if (schema !== undefined) assert.ok(isOfForm(schema, body), `${place}: ${JSON.stringify(body)}`);
  for (const name of Object.keys(described.headers ?? {})) {
    assert.ok(headers.get(name) !== null, `${place}: the header ${name} is missing`);
  }
}

test("it is a description in OpenAPI 3.1 of every path, and of nothing else", async () => {
  assert.match(description.openapi, /^3\.1\./);
  assert.is(description.info.version, "1.2.3");
  assert.equal(Object.keys(description.paths).sort(), [
    "/",
    "/feedback",
    "/health",
    "/metrics",
    "/openapi.json",
    "/rank",
    "/ready",
  ]);
  resolve(description);
});

test("every example is of the form that it is an example of", () => {
  let examples = 0;
  const walk = (part: Json): void => {
    if (typeof part !== "object" || part === null) return;
    if ("schema" in part) {
      const values = [
        ...("example" in part ? [part.example] : []),
        ...Object.values(part.examples ?? {}).map((example: Json) => example.value),
      ];
      for (const value of values) {
        examples++;
        assert.ok(isOfForm(part.schema, value), JSON.stringify(value));
      }
    }
    Object.values(part).forEach(walk);
  };
  walk(resolve(description));
  assert.ok(examples > 10);
});

test("the answers of GET are as described", async () => {
  for (const path of Object.keys(description.paths).filter((path) => "get" in description.paths[path])) {
    checkAnswer("GET", path, await server.get(path));
  }
});

test("the answers of POST /feedback are as described", async () => {
  const { body } = await server.post({ candidates: ["a"] });
  const click = { impression: body.impression, item: body.items[0], event: "click" };
  const answer = await server.post([click, click, { ...click, item: "z" }, { colour: 1 }], {}, "/feedback");
  assert.is(answer.status, 200);
  checkAnswer("POST", "/feedback", answer);
  checkAnswer("POST", "/feedback", await server.post("{", {}, "/feedback"));
});

test("the answers of POST /rank are as described", async () => {
  const bodies: readonly (readonly [body: unknown, status: number])[] = [
    [{ candidates: ["a", "b"] }, 200],
    [{ requests: [{ candidates: ["a"] }, { candidates: ["unknown"] }, { colour: 1 }] }, 200],
    ["{", 400],
    [{ candidates: 5 }, 400],
    [{ candidates: [..."abcd"] }, 413],
    [{ candidates: ["a".repeat(3000)] }, 413],
    [{ candidates: ["unknown"] }, 422],
    [{ candidates: ["a", "a"] }, 422],
    [{ candidates: ["a"], length: 2 }, 422],
    [{ candidates: ["defect"] }, 500],
    [{ requests: new Array(3).fill({ candidates: ["a"] }) }, 503],
  ];
  for (const [body, status] of bodies) {
    const answer = await server.post(body);
    assert.is(answer.status, status, JSON.stringify(body));
    checkAnswer("POST", "/rank", answer);
  }
  checkAnswer("POST", "/rank", await server.post("x", { "Content-Type": "text/plain" }));
});

test("what the description takes for a request is one to the server, and the other way round", async () => {
  const { schema } = resolve(description).paths["/rank"].post.requestBody.content["application/json"];
  const requests = [
    {},
    { candidates: [] },
    { candidates: ["a"], history: ["x", { item: "y", feedback: 0 }] },
    { candidates: [{ item: "a", score: 1 }], length: 1 },
    { candidates: ["a"], constraints: { exclude: ["b"], categories: { of: { a: "x" }, limit: 1 } } },
    { candidates: ["a"], user: 5 },
    { candidates: ["a"], length: 0 },
    { requests: [] },
    { requests: [{ candidates: ["a"] }] },
    { requests: [{ candidates: ["a"] }], more: 1 },
    [],
  ];
  for (const request of requests) {
    const { status, body } = await server.post(request);
    const isWrong = status === 400 && body.error.code === "type";
    assert.is(isOfForm(schema, request), !isWrong, JSON.stringify(request));
  }
});

test("with a token, the description says so", async () => {
  const guarded = await TestServer.start({ token: "secret" });
  const { body } = await guarded.get("/openapi.json", { Authorization: "Bearer secret" });
  assert.equal(body.security, [{ token: [] }]);
  assert.equal(body.paths["/health"].get.security, []);
  assert.ok(body.paths["/rank"].post.responses[401] !== undefined);
  await guarded.close();
});

test.run();
