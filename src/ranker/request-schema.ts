/** The form of a request: what the library checks, and what the server's description and the command line tell of it. */
// The small zod: this file is part of what every page loads.
import * as z from "zod/mini";
import { excerpt } from "../text/excerpt.ts";
import { nearestName } from "../text/nearest-name.ts";
import { type RankRequest, RankRequestError, UNKNOWN_CANDIDATES } from "./requests.ts";

/** A schema that says what it expects where a value is something else. */
const told = <Schema extends z.ZodMiniType>(schema: Schema, description: string): Schema =>
  schema.check(z.describe(description)) as Schema;

/** An object without other keys, which says what is meant by one. */
function object<Shape extends z.core.$ZodLooseShape>(what: string, shape: Shape) {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys" ? unknownKey(issue.keys[0], Object.keys(shape)) : `expected ${what}`,
  });
}

function unknownKey(key: string, keys: readonly string[]): string {
  return `unknown key \`${excerpt(key)}\`; did you mean \`${nearestName(key, keys)}\`? The keys are ${keys.join(", ")}`;
}

const text = (error: string) => z.string({ error }).check(z.minLength(1, error), z.maxLength(1000, error));
const named = (what: string) => {
  const error = `expected ${what}, a text of 1 to 1000 characters or a number`;
  return z.union([text(error), z.number()], { error });
};
const number = z.number({ error: "expected a number" });
const integer = (least: number) => {
  const error = `expected an integer of at least ${least}`;
  return z.int({ error }).check(z.gte(least, error));
};

const item = named("the name of an item");

const featureValue = z.union(
  [z.string(), z.number(), z.boolean(), z.null(), z.array(z.union([z.string(), z.number()]))],
  { error: "expected a number, a category, several categories, or null" },
);
const features = z.record(z.string(), featureValue, { error: "expected an object of values by their columns" });

const numbers = z.array(z.number({ error: "expected a number" }), { error: "expected an array of numbers" });
const anyFeatures = z.union([numbers, features], { error: "expected values by their columns, or an array of numbers" });

const historyEntry = told(
  z.union(
    [
      item,
      object("an item", { item, feedback: told(z.optional(number), "0 or less: met and not liked; 1 unless given") }),
    ],
    { error: "expected the name of an item, or an object with its `item` and perhaps its `feedback`" },
  ),
  "An item that the user met; by itself, a positive one",
);

const candidate = told(
  z.union(
    [
      item,
      object("an item", {
        item: told(z.optional(item), "Its place among the candidates, from 0, is its name unless given"),
        score: told(z.optional(number), "The retriever's score; computed unless given"),
        features: told(
          z.optional(anyFeatures),
          "Raw values of the item by the columns that the ranker knows, in place of what it knows of the item; of a " +
            "ranker of queries with features, numbers of the candidate in this request, by name or all in order",
        ),
      }),
    ],
    { error: "expected the name of an item, or an object with its `item` and perhaps its `score` and `features`" },
  ),
  "An item to choose from",
);

const constraints = object("an object of rules", {
  exclude: told(z.optional(z.array(item, { error: "expected an array of items" })), "Items that must not appear"),
  pins: told(
    z.optional(
      z.array(object("an `item` and its `position`", { item, position: integer(0) }), { error: "expected an array" }),
    ),
    "Items that stand at a position, counted from 0",
  ),
  categories: told(
    z.optional(
      object("`of` and `limit`", {
        of: z.record(z.string(), named("the name of a category"), {
          error: "expected an object of categories by items",
        }),
        limit: integer(1),
      }),
    ),
    "At most `limit` items of one category; `of` names each candidate's",
  ),
});

const share = (least: string, check: z.core.$ZodCheck<number>) => {
  const error = `expected a number ${least} and at most 1`;
  return z.number({ error }).check(check, z.lte(1, error));
};

const explore = object("how to draw", {
  key: told(named("a key"), "The same key, with the same request, draws the same list"),
  temperature: told(
    z.optional(z.number({ error: "expected a number from 0" }).check(z.nonnegative("expected a number from 0"))),
    "1 draws by the method's own probabilities; less keeps nearer to its best list, which 0 is",
  ),
  topP: told(
    z.optional(share("above 0", z.gt(0, "expected a number above 0 and at most 1"))),
    "Draws from the likeliest candidates whose probabilities sum to at least this",
  ),
  epsilon: told(
    z.optional(share("from 0", z.gte(0, "expected a number from 0 and at most 1"))),
    "Probability that an item is any that may stand there, all alike",
  ),
});

/** A {@link RankRequest} as JSON. */
export const rankRequestSchema: z.ZodMiniType<RankRequest, RankRequest> = told(
  object("a request, an object", {
    id: told(z.optional(named("an id")), "Comes back with the answer"),
    user: told(z.optional(named("the name of a user")), "The user's name in the log"),
    userFeatures: told(
      z.optional(features),
      "Raw values of the user by the columns that the ranker knows, in place of what it knows of the user",
    ),
    features: told(
      z.optional(anyFeatures),
      "Numbers of the query, where the ranker reads any: by name, of which those left out are 0, or all in order",
    ),
    history: told(
      z.optional(z.array(historyEntry, { error: "expected an array of items" })),
      "What the user met, oldest first; what the log has of a known user unless given",
    ),
    candidates: told(
      z.optional(
        z.array(candidate, { error: "expected an array of items" }).check(z.minLength(1, "expected at least one item")),
      ),
      "Distinct items to choose from; the ranker's retriever chooses them unless given",
    ),
    unknown: told(
      z.optional(z.enum(UNKNOWN_CANDIDATES, { error: `expected ${UNKNOWN_CANDIDATES.join(", ")}` })),
      "What becomes of candidates that the ranker does not know and that have no features: listed last, left out, or an error",
    ),
    length: told(z.optional(integer(1)), "Items of the list; the trained length unless given"),
    repeats: told(
      z.optional(z.boolean({ error: "expected true or false" })),
      "Whether the retriever may choose what the user met; as the log was prepared unless given",
    ),
    constraints: z.optional(constraints),
    tellCandidates: told(
      z.optional(z.boolean({ error: "expected true or false" })),
      "Whether the answer names the candidates, such as the retriever found them",
    ),
    explore: told(z.optional(explore), "Draws the list in place of the best one, and tells with what probability"),
  }),
  "A request for one list",
);

/** A request out of anything. @throws RankRequestError of code `type` that says where it is not a request */
export function parseRankRequest(value: unknown): RankRequest {
  const parsed = rankRequestSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const { message, path, code } = innermost(parsed.error.issues[0]);
  const found = code === "unrecognized_keys" ? "" : `, got ${describe(valueAt(path, value))}`;
  throw new RankRequestError("type", `${message}${found}`, formatPath(path) || undefined);
}

interface Issue {
  readonly code: string;
  readonly message: string;
  readonly path: readonly PropertyKey[];
}

/** Of a value that none of several forms fits, what is wrong inside of the one that fits it longest. */
function innermost(issue: z.core.$ZodIssue, base: readonly PropertyKey[] = []): Issue {
  const path = [...base, ...issue.path];
  if (issue.code === "invalid_union") {
    const inner = issue.errors.flat().find((own) => own.path.length > 0 || own.code === "unrecognized_keys");
    if (inner !== undefined) return innermost(inner, path);
  }
  return { code: issue.code, message: issue.message, path };
}

function valueAt(path: readonly PropertyKey[], value: unknown): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Readonly<Record<PropertyKey, unknown>>)?.[key], value);
}

function describe(value: unknown): string {
  return value === undefined ? "nothing" : excerpt(JSON.stringify(value) ?? String(value), 60);
}

/** `candidates[3].score` */
function formatPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`;
    return text === "" ? String(key) : `${text}.${String(key)}`;
  }, "");
}
