/** The form of a request, for what comes from outside: the server's bodies and the command line's JSON lines. */
// As a namespace, so that bundlers leave out what is not used of it: messages in all languages.
import * as z from "zod";
import { formatPath } from "../settings/check-settings.ts";
import type { Path } from "../settings/json-schema.ts";
import { type RankRequest, RankRequestError } from "./requests.ts";

const name = z.string().min(1).max(1000);

const historyEntry = z
  .union([
    name,
    z.strictObject({
      item: name,
      feedback: z.number().optional().describe("0 or less: met and not liked; 1 unless given"),
    }),
  ])
  .describe("An item that the user met; by itself, a positive one");

const candidate = z
  .union([
    name,
    z.strictObject({
      item: name,
      score: z.number().optional().describe("The retriever's score; computed unless given"),
    }),
  ])
  .describe("An item to choose from");

const constraints = z.strictObject({
  exclude: z.array(name).optional().describe("Items that must not appear"),
  pins: z
    .array(z.strictObject({ item: name, position: z.int().min(0) }))
    .optional()
    .describe("Items that stand at a position, counted from 0"),
  categories: z
    .strictObject({ of: z.record(name, z.string()), limit: z.int().min(1) })
    .optional()
    .describe("At most `limit` items of one category; `of` names each candidate's"),
});

/** A {@link RankRequest} as JSON. */
export const rankRequestSchema: z.ZodType<RankRequest> = z
  .strictObject({
    user: name.optional().describe("The user's name in the log"),
    history: z.array(historyEntry).optional().describe("What the user met, oldest first"),
    candidates: z
      .array(candidate)
      .min(1)
      .optional()
      .describe("Distinct items to choose from; the ranker's retriever chooses them unless given"),
    length: z.int().min(1).optional().describe("Items of the list; the trained length unless given"),
    repeats: z
      .boolean()
      .optional()
      .describe("Whether the retriever may choose what the user met; as the log was prepared unless given"),
    constraints: constraints.optional(),
  })
  .describe("A request for one list");

/** A request out of parsed JSON. @throws RankRequestError of code `type` that says where it is not a request */
export function parseRankRequest(value: unknown): RankRequest {
  const parsed = rankRequestSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new RankRequestError("type", issue.message, formatPath(issue.path as Path) || undefined);
}
