/**
 * The page's state as the part of an address behind `#`, and back: `#1&tab=group&temperature=0.2`. A version, then
 * what differs from the first state; lists are joined by commas, numbers by place are `12:0.5`.
 */
import { FIRST_STATE, type LabState, labSchema } from "./state.ts";

const VERSION = "1";

type Key = keyof LabState;
const KEYS = Object.keys(FIRST_STATE) as Key[];

/** A state, and what was wrong with the address where something was. */
export interface ReadState {
  readonly state: LabState;
  readonly problem?: string;
}

/** The fragment for a state, with its `#`; empty for the first state. */
export function writeFragment(state: LabState): string {
  const parts = KEYS.filter((key) => JSON.stringify(state[key]) !== JSON.stringify(FIRST_STATE[key])).map(
    (key) => `${key}=${writeValue(key, state)}`,
  );
  return parts.length === 0 ? "" : `#${[VERSION, ...parts].join("&")}`;
}

/** The state of a fragment; a fragment that is not whole gives the first state and says what is wrong with it. */
export function readFragment(fragment: string): ReadState {
  const text = fragment.replace(/^#/, "");
  if (text === "") return { state: FIRST_STATE };
  const refuse = (problem: string): ReadState => ({ state: FIRST_STATE, problem });
  const [version, ...parts] = text.split("&");
  if (version !== VERSION)
    return refuse(`it is of version ${version.slice(0, 12)}, this page reads version ${VERSION}`);
  const values: Partial<Record<Key, unknown>> = {};
  for (const part of parts) {
    const [key, ...rest] = part.split("=");
    if (!isKey(key)) return refuse(`it names "${key.slice(0, 24)}", which is no setting`);
    const value = readText(rest.join("="));
    if (value === undefined) return refuse(`${key} is cut short`);
    values[key] = readValue(key, value);
  }
  const parsed = labSchema.safeParse(values);
  if (parsed.success) return { state: parsed.data };
  const [{ path, message }] = parsed.error.issues;
  return refuse(`${path.join(".")}: ${message}`);
}

function isKey(key: string): key is Key {
  return (KEYS as string[]).includes(key);
}

/** Numbers as short as they can be written without loss. */
const written = (value: string | number | boolean) => encodeURIComponent(String(value)).replaceAll("%20", "+");

/** What {@link written} wrote; undefined for what nothing could have written. */
function readText(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll("+", "%20"));
  } catch {
    return undefined;
  }
}

function writeValue(key: Key, state: LabState): string {
  if (key === "opened") {
    return state.opened
      .map(({ items, reward, logProbability }) => [items, reward, logProbability].map(written).join(","))
      .join(";");
  }
  if (key === "logLines") return state.logLines.map((line) => line.join("")).join(",");
  const value = state[key];
  if (Array.isArray(value)) return value.map(written).join(",");
  if (typeof value !== "object") return written(value);
  return Object.entries(value)
    .map(([place, own]) => `${place}:${own}`)
    .join(",");
}

/** A value as the schema expects it; what is not of its form stays text, which the schema refuses. */
function readValue(key: Key, text: string): unknown {
  const first = FIRST_STATE[key];
  const pieces = text === "" ? [] : text.split(",");
  if (key === "opened") {
    return text.split(";").map((row) => {
      const [items, reward, logProbability] = row.split(",");
      return { items, reward: readNumber(reward), logProbability: readNumber(logProbability) };
    });
  }
  if (key === "logLines") return pieces.map((line) => [...line].map(readNumber));
  if (key === "names" || key === "answers") return text.split(",");
  if (Array.isArray(first)) return pieces.map(readNumber);
  if (typeof first === "number") return readNumber(text);
  if (typeof first === "boolean") return text === "true" ? true : text === "false" ? false : text;
  if (typeof first === "string") return text;
  return Object.fromEntries(
    pieces.map((piece) => {
      const [place, value] = piece.split(":");
      return [place, readNumber(value)];
    }),
  );
}

function readNumber(text: string | undefined): unknown {
  return text !== undefined && /^-?\d+(\.\d+)?(e-?\d+)?$/i.test(text) ? Number(text) : text;
}
