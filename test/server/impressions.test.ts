/** What is served is logged before it is answered; feedback comes back once, and only on what was served. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { appendLogFiles } from "../../src/files/append-log.ts";
import { type FeedbackRecord, type Impression, impressionSchema } from "../../src/impressions/records.ts";
import { type SomeSettings, TestServer } from "./test-server.ts";

const test = suite("impressions");
const root = mkdtempSync(join(tmpdir(), "goalrank-impressions-"));
test.after(() => rmSync(root, { recursive: true, force: true }));
let count = 0;

const recordsOf = <Record>(folder: string, name: string): Record[] =>
  appendLogFiles(folder, name)
    .flatMap((file) => readFileSync(file, "utf8").split("\n").slice(0, -1))
    .map((line) => JSON.parse(line) as Record);

async function withServer(
  settings: SomeSettings,
  use: (server: TestServer, folder: string) => Promise<void>,
  folder = join(root, String(count++)),
): Promise<void> {
  const { impressions, ...rest } = settings;
  const server = await TestServer.start({ settings: { ...rest, impressions: { folder, ...impressions } } });
  try {
    await use(server, folder);
  } finally {
    await server.close();
  }
}

const send = (server: TestServer, body: unknown) => server.post(body, {}, "/feedback");
const statusesOf = async (server: TestServer, body: unknown) =>
  (await send(server, body)).body.results.map(({ status }: { status: string }) => status);

const candidates = ["a", "b", "c"];

test("every list that is answered is in the log, with what was asked and how it was drawn", () =>
  withServer({ explore: { temperature: 0.5, epsilon: 0.1 } }, async (server, folder) => {
    const one = await server.post({ user: "u1", history: ["x"], candidates, length: 2 });
    const two = await server.post({ requests: [{ candidates }, { candidates: ["unknown"] }, { candidates: ["b"] }] });
    const logged = recordsOf<Impression>(folder, "impressions").map((own) => impressionSchema.parse(own));
    const answered = [one.body, two.body.results[0], two.body.results[2]];
    assert.equal(
      logged.map(({ impression, items }) => [impression, items]),
      answered.map(({ impression, items }) => [impression, items]),
    );
    const [{ user, history, drawn, ranker, candidates: all }] = logged;
    assert.equal([user, history, all], ["u1", ["x"], candidates]);
    assert.is(ranker, one.body.fingerprint);
    assert.equal([drawn?.temperature, drawn?.topP, drawn?.epsilon], [0.5, 1, 0.1]);
    assert.equal(drawn, one.body.drawn);
    assert.is(one.body.candidates, undefined);
    assert.is(await server.metric("goalrank_impressions_total"), 3);
  }));

test("without exploring nothing is drawn, and of a hash nothing is told", () =>
  withServer({ impressions: { context: "hash" } }, async (server, folder) => {
    const { body } = await server.post({ user: "u1", candidates });
    assert.is(body.drawn, undefined);
    const [logged] = recordsOf<Impression>(folder, "impressions");
    assert.match(String(logged.context), /^[0-9a-f]{32}$/);
    assert.equal([logged.user, logged.candidates, logged.drawn], [undefined, undefined, undefined]);
  }));

test("feedback is recorded once, late where it is late, and refused where it cannot be", () =>
  withServer({ impressions: { lateMilliseconds: 1000 } }, async (server, folder) => {
    const { body } = await server.post({ candidates });
    const { impression, items } = body;
    const click = { impression, item: items[0], event: "click" };
    const later = Date.now() + 5000;
    assert.equal(
      await statusesOf(server, [
        click,
        click,
        { ...click, event: "watch", value: 12.5, time: later },
        { ...click, impression: "never-heard-of" },
        { ...click, item: "z" },
        { ...click, time: 5 },
        { ...click, value: "much" },
      ]),
      ["recorded", "duplicate", "late", "unknown-impression", "refused", "refused", "refused"],
    );
    assert.equal(await statusesOf(server, { ...click, event: "like", id: "e1" }), ["recorded"]);
    assert.equal(await statusesOf(server, { ...click, event: "share", id: "e1" }), ["duplicate"]);
    const kept = recordsOf<FeedbackRecord>(folder, "feedback");
    assert.equal(
      kept.map(({ event }) => event),
      ["click", "watch", "click", "like"],
    );
    assert.is(await server.metric("goalrank_feedback_total", 'status="duplicate"'), 2);
  }));

test("a server that starts again knows what was served and told before", async () => {
  const folder = join(root, "again");
  let impression = "";
  await withServer(
    {},
    async (server) => {
      const { body } = await server.post({ candidates });
      impression = body.impression;
      await statusesOf(server, { impression, item: "first a", event: "click" });
    },
    folder,
  );
  await withServer(
    {},
    async (server) => {
      const click = { impression, item: "first a", event: "click" };
      assert.equal(await statusesOf(server, click), ["duplicate"]);
      assert.equal(await statusesOf(server, { ...click, item: "z" }), ["refused"]);
      assert.equal(await statusesOf(server, { ...click, item: "first b" }), ["recorded"]);
    },
    folder,
  );
});

test("where the log cannot be written, the server serves and counts, or refuses, as it is told", async () => {
  for (const onFailure of ["serve", "refuse"] as const) {
    const impressions = { onFailure, fileBytes: 1 };
    await withServer({ impressions, logLevel: "error" }, async (server, folder) => {
      assert.is((await server.post({ candidates })).status, 200);
      rmSync(folder, { recursive: true });
      const { status, body } = await server.post({ candidates });
      if (onFailure === "serve") assert.equal([status, body.items.length], [200, 3]);
      else assert.equal([status, body.error.code], [503, "not-logged"]);
      assert.is(await server.metric("goalrank_impressions_lost_total"), 1);
      assert.ok(server.log.some((line) => line.includes("impressions could not be logged")));
    });
  }
});

test("a server that keeps no log says so to who sends feedback", async () => {
  const server = await TestServer.start();
  try {
    const { status, body } = await send(server, { impression: "i", item: "a", event: "click" });
    assert.is(status, 404);
    assert.match(body.error.message, /serve\.impressions\.folder/);
  } finally {
    await server.close();
  }
});

test.run();
