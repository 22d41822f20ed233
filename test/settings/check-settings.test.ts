/** How settings that break their schema are told. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { z } from "zod";
import { checkSettings, completeSettings, SettingsError } from "../../src/settings/check-settings.ts";
import { count, positive, share } from "../../src/settings/setting-kinds.ts";

const test = suite("settings");

const schema = z
  .strictObject({
    lists: count.default(4),
    kept: count.optional(),
    mode: z.enum(["fast", "slow"]).default("fast"),
    parts: z.array(z.strictObject({ share, rate: positive.exactOptional() })).default([]),
  })
  .superRefine(({ lists, kept = 1 }, { addIssue }) => {
    if (kept > lists) addIssue({ code: "custom", path: ["kept"], message: `only ${lists} are there` });
  });

function messageOf(settings: unknown): string {
  try {
    checkSettings("draw", schema, settings);
    return "none";
  } catch (error) {
    assert.instance(error, SettingsError);
    assert.instance(error, RangeError);
    return (error as Error).message;
  }
}

test("what is not given has its default", () => {
  assert.equal(completeSettings("draw", schema, { kept: 2 }), { lists: 4, kept: 2, mode: "fast", parts: [] });
});

test("every wrong setting is told with its path, what was expected, and what was given", () => {
  const settings = { lists: Number.NaN, mode: "slw", parts: [{ share: 1.5 }, { rate: 1 }] };
  assert.is(
    messageOf(settings),
    "draw.lists: expected an integer of at least 1, got NaN; " +
      'draw.mode: expected one of fast, slow, got "slw"; did you mean "slow"?; ' +
      "draw.parts[0].share: expected a number over 0 and at most 1, got 1.5; " +
      "draw.parts[1].share: is missing; expected a number over 0 and at most 1",
  );
  assert.is(messageOf(undefined), "draw: is missing; expected keys and values");
  assert.is(messageOf({ lists: Symbol("4") }), "draw.lists: expected an integer of at least 1, got Symbol(4)");
});

test("an unknown setting is told with the one that was probably meant", () => {
  assert.is(
    messageOf({ list: 3 }),
    "draw.list: unknown key; did you mean lists?; the keys here are lists, kept, mode, parts",
  );
});

test("whether settings go together is told once each of them is right", () => {
  assert.is(messageOf({ lists: 2, kept: 3 }), "draw.kept: only 2 are there");
  assert.is(
    messageOf({ lists: 2, kept: 3, mode: "quick-and-dirty" }),
    'draw.mode: expected one of fast, slow, got "quick-and-dirty"; did you mean "fast"?',
  );
});

test.run();
