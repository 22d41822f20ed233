/** What a known user has met: it is the user's history, and no candidate unless items are met again. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { InteractionEvent } from "../../src/data/events.ts";
import { prepareEvents } from "../../src/data/prepare-requests.ts";
import type { RetrieverName } from "../../src/data/retrievers/retriever.ts";
import { crc32c } from "../../src/files/crc32c.ts";
import { createGenerator, goalRankInstance } from "../../src/methods/goalrank-policy.ts";
import { decodeSafetensors, encodeSafetensors, type SafetensorsEntry } from "../../src/nn/index.ts";
import { Ranker } from "../../src/ranker/ranker.ts";
import { encodeRanker } from "../../src/ranker/ranker-file.ts";
import { type RankedList, RankRequestError } from "../../src/ranker/requests.ts";
import { Random } from "../../src/tensor/index.ts";

const test = suite("known users");

const USERS = 30;
const ITEMS = 60;
const HISTORY = 5;
const LENGTH = 4;
const shape = { listLength: LENGTH, candidateCount: 12, historyLength: HISTORY };

/** Every user meets 24 of 60 items; of each fourth, nobody thinks much. */
const events: InteractionEvent[] = Array.from({ length: USERS }, (_, user) => {
  const random = new Random({ seed: 2, stream: "events", step: user });
  return [...random.permutation(ITEMS)].slice(0, 24).map((item, timestamp) => {
    return { user: `u${user}`, item: `i${item}`, feedback: item % 4 === 0 ? 1 : 5, timestamp };
  });
}).flat();
const metBy = (user: string) => events.filter((event) => event.user === user).map(({ item }) => String(item));

/** The file of GoalRank with initial weights over the log of these events. */
async function fileOf(retriever: RetrieverName, repeats: boolean): Promise<Uint8Array> {
  const data = await prepareEvents(events, { ...shape, core: 1, retriever, repeats, protocol: "retrieved", seed: 1 });
  const context = {
    ...shape,
    catalogue: data.catalogue,
    shared: {},
    width: 8,
    heads: 1,
    layers: 1,
    dropoutRate: 0,
    seed: 1,
  };
  return encodeRanker({
    method: { name: "goalrank", answersWith: [] },
    instance: goalRankInstance(createGenerator(context, "generator")),
    models: {
      context,
      judge: { kind: "list", contextLayers: 0, head: "positions", reading: "top-down", members: 1, pessimism: 0 },
      rewardModels: [],
      contextualJudges: [],
    },
    retriever: data.retriever,
    pasts: data.pasts,
    training: {},
  });
}

const once = await fileOf("popularity", false);
const again = await fileOf("popularity", true);
const ranker = await Ranker.create(once, { threads: 1 });

for (const retriever of ["popularity", "item-neighbours", "matrix-factorization"] as const) {
  test(`of what ${retriever} finds for a known user, nothing was met before`, async () => {
    const own = await Ranker.create(await fileOf(retriever, false), { threads: 1 });
    const lists = await own.rankMany(Array.from({ length: USERS }, (_, user) => ({ user: `u${user}` })));
    lists.forEach((list, user) => {
      assert.not.instance(list, RankRequestError);
      const met = metBy(`u${user}`);
      assert.equal(
        (list as RankedList).items.filter((item) => met.includes(item)),
        [],
      );
    });
    own.dispose();
  });
}

test("where items are met again they stay candidates; a request may say otherwise", async () => {
  const repeating = await Ranker.create(again, { threads: 1 });
  assert.equal([ranker.description.repeats, repeating.description.repeats], [false, true]);
  const metAmong = async (own: Ranker, repeats?: boolean) => {
    const users = Array.from({ length: USERS }, (_, user) => `u${user}`);
    const lists = await own.rankMany(users.map((user) => ({ user, repeats })));
    const found = lists.flatMap((list, user) => {
      return list instanceof RankRequestError ? [] : list.items.filter((item) => metBy(users[user]).includes(item));
    });
    return found.length;
  };
  assert.is(await metAmong(ranker), 0);
  assert.ok((await metAmong(repeating)) > 0);
  assert.is(await metAmong(repeating, false), 0);
  assert.is(await metAmong(ranker, true), await metAmong(repeating));
  const { items } = await repeating.rank({ history: ["i1", "i2", "i3"] });
  assert.equal(items, (await ranker.rank({ history: ["i1", "i2", "i3"], repeats: true })).items);
  repeating.dispose();
});

test("a known user's history is the last that the log has; a request's own replaces it", async () => {
  const candidates = ["i40", "i41", "i42", "i43", "i44"];
  const last = metBy("u7").slice(-HISTORY);
  const history = last.map((item) => ({ item, feedback: Number(item.slice(1)) % 4 === 0 ? 0 : 1 }));
  const known = await ranker.rank({ user: "u7", candidates });
  assert.equal(await ranker.rank({ user: "u7", candidates, history }), known);
  const other = await ranker.rank({ user: "u7", candidates, history: [] });
  assert.is.not(other.logProbability, known.logProbability);
  assert.is(other.logProbability, (await ranker.rank({ user: "nobody", candidates })).logProbability);
});

test("candidates that are given may be what the user met", async () => {
  const candidates = metBy("u5").slice(0, LENGTH);
  const { items } = await ranker.rank({ user: "u5", candidates });
  assert.equal([...items].sort(), candidates.sort());
});

test("who has met nearly everything is told what helps", async () => {
  const history = Array.from({ length: ITEMS - 2 }, (_, n) => `i${n}`);
  const problem = await ranker.rank({ history }).catch((error: Error) => error.message);
  assert.is(
    problem,
    "candidates: the user has met 58 of 60 items, which leaves 2; give the candidates, or ask with `repeats: true`",
  );
});

/** The ranker's file with other tensors of pasts, whose checksums are right. */
function withTensors(changes: Readonly<Record<string, Uint8Array | Int32Array | undefined>>): Uint8Array {
  const { tensors, metadata } = decodeSafetensors(once);
  const description = JSON.parse(metadata.goalrank);
  const checksum = (bytes: Uint8Array) => crc32c(bytes).toString(16).padStart(8, "0");
  for (const [name, data] of Object.entries(changes)) {
    tensors.delete(name);
    delete description.crc32c[name];
    if (data === undefined) continue;
    const entry: SafetensorsEntry = { dtype: data instanceof Int32Array ? "I32" : "U8", shape: [data.length], data };
    tensors.set(name, entry);
    description.crc32c[name] = checksum(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  const goalrank = JSON.stringify(description);
  return encodeSafetensors(tensors, { goalrank, goalrank_crc32c: checksum(Buffer.from(goalrank)) });
}

test("damaged tensors of what users met are refused", async () => {
  const none = new Int32Array(USERS + 1);
  const ofOne = (count: number) => Int32Array.from({ length: USERS + 1 }, (_, n) => (n === 0 ? 0 : count));
  const cases: readonly (readonly [Readonly<Record<string, Uint8Array | Int32Array | undefined>>, RegExp])[] = [
    [{ "past.met": undefined }, /the tensor met is missing/],
    [{ "past.last_offsets": undefined }, /last_offsets is missing/],
    [{ "past.met": Int32Array.of(1) }, /the tensor met is missing, or no U8/],
    [{ "past.met_offsets": none.subarray(1) }, /met_offsets is missing, or not I32 of 31/],
    [{ "past.met_offsets": none }, /does not divide/],
    [{ "past.met": Uint8Array.of(60), "past.met_offsets": ofOne(1) }, /user 0 met item 60 of 60/],
    [{ "past.met": Uint8Array.of(5, 0), "past.met_offsets": ofOne(2) }, /not in ascending order/],
    [{ "past.met": Uint8Array.of(5, 0xff), "past.met_offsets": ofOne(2) }, /ends within a number/],
    [{ "past.last": Uint8Array.of(120), "past.last_offsets": ofOne(1) }, /user 0 met item 60 of 60/],
    [{ "past.met": Uint8Array.from([0xff, 0xff, 0xff, 0xff, 0x7f]), "past.met_offsets": ofOne(5) }, /over 2147483647/],
  ];
  for (const [changes, message] of cases) {
    const error = await Ranker.create(withTensors(changes)).catch((problem: unknown) => problem);
    assert.match(String(error), message);
    assert.match(String(error), /RankerFileError: ranker: the file is damaged/);
  }
  const restored = await Ranker.create(withTensors({}));
  assert.equal(restored.description.repeats, false);
  restored.dispose();
});

test.after(() => ranker.dispose());
test.run();
