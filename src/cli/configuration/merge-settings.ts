/** Where settings come from: files, the environment and flags, each of which goes over those before it. */
import { isRecord, type Path, valueAt } from "../../settings/json-schema.ts";

/** Settings from one source. */
export interface Layer {
  /** What is set, as yet unchecked; null is nothing. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Where a key that this source sets, or an entry in it, is set: `goalrank.yaml:12: data.core`, or `--core`. */
  place(path: Path): string;
}

/** Whether a layer sets the key at `path`. */
export function isSet(layer: Layer, path: Path): boolean {
  return (valueAt(path, layer.values) ?? undefined) !== undefined;
}

/** `changes` over `base`, object by object; lists and scalars replace, and null changes nothing. */
export function mergeSettings(base: unknown, changes: unknown): unknown {
  if (changes === null || changes === undefined) return base;
  if (!isRecord(changes)) return changes;
  const merged = new Map(isRecord(base) ? Object.entries(base) : []);
  for (const [key, value] of Object.entries(changes)) {
    const inner = mergeSettings(merged.get(key), value);
    if (inner !== undefined) merged.set(key, inner);
  }
  return Object.fromEntries(merged);
}

/** The place of a key in the last layer that sets it, or else of the nearest key around it that is set somewhere. */
export function placeOf(layers: readonly Layer[], path: Path): string | undefined {
  for (let length = path.length; length > 0; length--) {
    const layer = layers.findLast((own) => isSet(own, path.slice(0, length)));
    if (layer !== undefined) return layer.place(path);
  }
  return undefined;
}
