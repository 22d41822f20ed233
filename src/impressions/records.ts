/** What is kept of every list that was served, and of what became of it: a JSON line each. */
import { createHash } from "node:crypto";
import * as z from "zod";

const itemName = z.string().min(1).max(1000);
const named = z.union([itemName, z.number()]);

const drawn = z.strictObject({
  temperature: z.number().min(0),
  topP: z.number().gt(0).max(1),
  epsilon: z.number().min(0).max(1),
  logProbabilities: z.array(z.number().max(0)).describe("Of each item, after those before it"),
  logProbability: z.number().max(0).describe("Of the whole list: their sum"),
});

/** A list that was served. */
export const impressionSchema = z.strictObject({
  impression: z.string().min(1).max(200).describe("Its own name, which the answer carries and feedback gives back"),
  time: z.int().describe("Milliseconds since 1970"),
  ranker: z.string().describe("Fingerprint of the ranker that made the list"),
  policy: z.string().describe("The method"),
  arm: z.string().optional().describe("Of an experiment, where there is one"),
  user: named.optional(),
  history: z.array(z.unknown()).optional().describe("As the request gave it"),
  candidates: z.array(itemName).optional().describe("All that the list was chosen from"),
  context: z.string().optional().describe("A hash in place of user, history and candidates"),
  items: z.array(itemName).describe("What was served, from the top"),
  drawn: drawn.optional().describe("How the list was drawn; without it, it was the policy's best, as always"),
});
export type Impression = z.infer<typeof impressionSchema>;

/** What became of an item of a list that was served, as it is sent. */
export const feedbackSchema = z.strictObject({
  impression: z.string().min(1).max(200).describe("As the answer had it"),
  item: named,
  event: z.string().min(1).max(100).describe("Such as click, long_view or purchase"),
  value: z.number().default(1).describe("Such as the seconds watched"),
  time: z.int().optional().describe("When it happened, in milliseconds since 1970; now unless given"),
  id: z.string().min(1).max(200).optional().describe("The same id is counted once, however often it is sent"),
});
export type GivenFeedback = z.infer<typeof feedbackSchema>;

/** The same as it is kept. */
export const feedbackRecordSchema = feedbackSchema.extend({ time: z.int(), id: z.string() });
export type FeedbackRecord = z.infer<typeof feedbackRecordSchema>;

/** Feedback with its time, and an id that is the same for the same feedback. */
export function completeFeedback(given: GivenFeedback, now: number): FeedbackRecord {
  const { impression, item, event, value } = given;
  // Whoever sends no time means one event of a kind for each item.
  const said = JSON.stringify([impression, String(item), event, value, given.time ?? null]);
  return { ...given, time: given.time ?? now, id: given.id ?? hashOf(said) };
}

/** 128 bits of a text, as hexadecimal digits. */
export function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}
