/** From the bytes of a body to the JSON value in it, or to what is wrong with them. */
import { ServeProblem } from "./problems.ts";

const UTF8 = new TextDecoder("utf-8", { fatal: true });

/** @throws ServeProblem `json` when the bytes are not JSON in UTF-8, or nested deeper than the limit */
export function parseJsonBody(bytes: Uint8Array, depthLimit: number): unknown {
  const text = decode(bytes);
  if (isDeeperThan(depthLimit, text)) {
    throw new ServeProblem("json", `the body has more than ${depthLimit} arrays or objects inside of each other`);
  }
  try {
    return mayNamePrototype(text) ? JSON.parse(text, refusePrototypes) : JSON.parse(text);
  } catch (error) {
    if (error instanceof ServeProblem) throw error;
    throw new ServeProblem("json", `the body is not JSON: ${(error as Error).message}`);
  }
}

function decode(bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes);
  } catch {
    throw new ServeProblem("json", "the body is not text in UTF-8");
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Counts brackets outside of strings; what is not JSON counts for something, and fails later. */
function isDeeperThan(limit: number, text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (inString) {
      if (code === BACKSLASH) i++;
      else if (code === QUOTE) inString = false;
    } else if (code === QUOTE) {
      inString = true;
    } else if ((code | 0x20) === 0x7b) {
      // "[" and "{" differ in one bit, as "]" and "}" do.
      depth++;
      if (depth > limit) return true;
    } else if ((code | 0x20) === 0x7d) {
      depth--;
    }
  }
  return false;
}

/** Looked at first, since the closer look makes parsing five times as slow. An escape may hide the name. */
function mayNamePrototype(text: string): boolean {
  return text.includes("__proto__") || text.includes("\\u");
}

/** A key `__proto__` is an ordinary one here, but a trap for any code that copies the object. */
function refusePrototypes(key: string, value: unknown): unknown {
  if (key === "__proto__") throw new ServeProblem("json", "the body has a key `__proto__`, which is not allowed");
  return value;
}
