/** Makes inputs that are almost what a reader expects: edits of whole ones, in bytes, in numbers and in JSON. */
import fc from "fast-check";

/** Longer inputs would take time and show nothing more. */
const MAX_BYTES = 1 << 16;

/** What edits put in: words of the format in question. */
export interface Vocabulary {
  readonly words: readonly Uint8Array[];
}

/** Numbers at the limits of what readers hold them in, as text. */
const LIMITS = [
  "0",
  "-0",
  "-1",
  "1",
  "255",
  "65536",
  "2147483647",
  "-2147483648",
  "4294967296",
  "9007199254740993",
  "-9223372036854775809",
  "18446744073709551616",
  "0.1",
  "1e-400",
  "3.5e38",
  "1e309",
  "NaN",
  "-Infinity",
  "0x1f",
  "1_000",
  "",
] as const;

/** The same as numbers of four and eight bytes. */
const BINARY_LIMITS: readonly Uint8Array[] = [
  ...[0, 1, 0x7f, 0xff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff].map((value) => littleEndian(BigInt(value), 4)),
  ...[0n, 2n ** 31n, 2n ** 53n, 2n ** 63n - 1n, 2n ** 64n - 1n].map((value) => littleEndian(value, 8)),
  // Numbers of seven bits a byte, at most as long as their readers allow, and longer.
  Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x07),
  Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x08),
  new Uint8Array(12).fill(0xff),
];

const KINDS = ["flip", "byte", "cut", "end", "duplicate", "splice", "word", "number", "binary", "repeat"] as const;

/** One change; its numbers mean places and lengths once the input is known. */
interface Edit {
  readonly kind: (typeof KINDS)[number];
  readonly at: number;
  readonly to: number;
  readonly length: number;
}

const anyPlace = fc.nat(2 ** 31 - 1);
const edits: fc.Arbitrary<readonly Edit[]> = fc.array(
  fc.record({
    kind: fc.constantFrom(...KINDS),
    at: anyPlace,
    to: anyPlace,
    // Most are short, and some as long as an input.
    length: fc.oneof(
      { weight: 4, arbitrary: fc.integer({ min: 1, max: 8 }) },
      { weight: 1, arbitrary: fc.integer({ min: 1, max: 4000 }) },
    ),
  }),
  { maxLength: 5 },
);

/**
 * Inputs near `samples`: up to five edits of one of them, in which parts of another may come to stand. One in fifty is
 * any bytes at all.
 */
export function nearlyValid(
  samples: readonly Uint8Array[],
  words: readonly (string | Uint8Array)[],
): fc.Arbitrary<Uint8Array> {
  const vocabulary = { words: words.map((word) => (typeof word === "string" ? Buffer.from(word) : word)) };
  const sample = fc.constantFrom(...samples);
  const edited = fc
    .tuple(sample, sample, edits)
    .map(([input, other, changes]) =>
      changes.reduce((bytes, change) => applyEdit(bytes, change, other, vocabulary), input).subarray(0, MAX_BYTES),
    );
  return fc.oneof({ weight: 49, arbitrary: edited }, { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }) });
}

function applyEdit(
  bytes: Uint8Array,
  { kind, at, to, length }: Edit,
  other: Uint8Array,
  { words }: Vocabulary,
): Uint8Array {
  const start = at % (bytes.length + 1);
  const end = Math.min(bytes.length, start + length);
  switch (kind) {
    case "flip":
      return replaced(bytes, start, start + 1, Uint8Array.of((bytes[start] ?? 0) ^ (1 << (to % 8))));
    case "byte":
      return replaced(bytes, start, start + 1, Uint8Array.of(to % 256));
    case "cut":
      return replaced(bytes, start, end, new Uint8Array());
    case "end":
      return bytes.subarray(0, start);
    case "duplicate":
      return replaced(bytes, to % (bytes.length + 1), undefined, bytes.subarray(start, end));
    case "splice": {
      const from = to % (other.length + 1);
      return replaced(bytes, start, end, other.subarray(from, from + length));
    }
    case "word":
      return replaced(bytes, start, to % 2 === 0 ? start : end, words[to % words.length]);
    case "number":
      return withNumber(bytes, start, LIMITS[to % LIMITS.length]);
    case "binary": {
      const number = BINARY_LIMITS[to % BINARY_LIMITS.length];
      return replaced(bytes, start, start + number.length, number);
    }
    case "repeat":
      return replaced(bytes, start, end, repeated(bytes.subarray(start, end), to % 300));
  }
}

/** `bytes` with `by` in place of those from `start` to `end`, or inserted where there is no end. */
function replaced(bytes: Uint8Array, start: number, end = start, by: Uint8Array): Uint8Array {
  const out = new Uint8Array(start + by.length + Math.max(0, bytes.length - end));
  out.set(bytes.subarray(0, start));
  out.set(by, start);
  out.set(bytes.subarray(end), start + by.length);
  return out;
}

/** The first number in digits from `start` on becomes another. */
function withNumber(bytes: Uint8Array, start: number, number: string): Uint8Array {
  const isDigit = (byte: number) => byte >= 0x30 && byte <= 0x39;
  let first = start;
  while (first < bytes.length && !isDigit(bytes[first])) first++;
  let end = first;
  while (end < bytes.length && isDigit(bytes[end])) end++;
  return replaced(bytes, first, end, Buffer.from(number));
}

function repeated(part: Uint8Array, times: number): Uint8Array {
  const out = new Uint8Array(part.length * times);
  for (let n = 0; n < times; n++) out.set(part, n * part.length);
  return out;
}

function littleEndian(value: bigint, bytes: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, n) => Number((value >> BigInt(8 * n)) & 0xffn));
}

/** What may stand anywhere in JSON. */
const STRANGE: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  2 ** 31,
  2 ** 53,
  1e308,
  "",
  "x",
  "\u0000\n\u2028",
  "\ud800",
  "y".repeat(2000),
  [],
  [[]],
  {},
  { __proto__: null, constructor: 1 },
];
const KEYS = ["__proto__", "constructor", "toString", "", "0", "length", "\n"] as const;

/** JSON values near `samples`: up to four of their parts replaced, removed, added or moved. */
export function nearlyValidJson(samples: readonly unknown[]): fc.Arbitrary<unknown> {
  const change = fc.record({
    steps: fc.array(anyPlace, { minLength: 1, maxLength: 6 }),
    kind: fc.constantFrom("replace", "remove", "add", "move", "repeat"),
    value: fc.oneof(fc.constantFrom(...STRANGE), fc.jsonValue({ maxDepth: 2 })),
    key: fc.oneof(fc.constantFrom(...KEYS), fc.string({ maxLength: 4 })),
  });
  return fc.tuple(fc.constantFrom(...samples), fc.array(change, { maxLength: 4 })).map(([sample, changes]) => {
    const root = { value: structuredClone(sample) };
    for (const { steps, kind, value: drawn, key } of changes) {
      const { holder, name } = walk(root, steps);
      // What is put in may be changed in its turn.
      const value = structuredClone(drawn);
      if (kind === "remove") Reflect.deleteProperty(holder, name);
      else if (kind === "move") define(holder, name, structuredClone(walk(root, [...steps].reverse()).value));
      else if (kind === "replace") define(holder, name, value);
      else if (kind === "repeat") define(holder, name, new Array(8).fill(holder[name]));
      else define(holder, Array.isArray(holder) ? String(holder.length) : key, value);
    }
    return root.value;
  });
}

interface Place {
  readonly holder: Record<string, unknown>;
  readonly name: string;
  readonly value: unknown;
}

/** Goes down a path of places that are counted around. */
function walk(root: { value: unknown }, steps: readonly number[]): Place {
  let place: Place = { holder: root, name: "value", value: root.value };
  for (const step of steps) {
    const { value } = place;
    if (typeof value !== "object" || value === null) break;
    const names = Object.keys(value);
    if (names.length === 0) break;
    const holder = value as Record<string, unknown>;
    const name = names[step % names.length];
    place = { holder, name, value: holder[name] };
  }
  return place;
}

/** Sets even `__proto__` as JSON.parse does. */
function define(holder: object, name: string, value: unknown): void {
  Object.defineProperty(holder, name, { value, enumerable: true, writable: true, configurable: true });
}
