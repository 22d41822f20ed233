/** What a misspelled name was probably meant to be. */

/** The candidate that needs the fewest edits to become `name`, in any case; the first of equals. */
export function nearestName(name: string, candidates: readonly string[]): string | undefined {
  let nearest: string | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const edits = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (edits < fewest) [nearest, fewest] = [candidate, edits];
  }
  return nearest;
}

/** What to say of a name that none of `known` is, with the nearest and all: `there is no method "dnm"; did you mean ...`. */
export function noSuchName(kind: string, name: string, known: readonly string[]): string {
  const meant = `did you mean "${nearestName(name, known)}"? The ${kind}s are ${known.join(", ")}`;
  return `there is no ${kind} "${name}"; ${meant}`;
}

/** Levenshtein distance: the insertions, deletions and substitutions that turn `from` into `to`. */
function editDistance(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, j) => j);
  for (let i = 1; i <= from.length; i++) {
    const current = [i];
    for (let j = 1; j <= to.length; j++) {
      const substituted = previous[j - 1] + (from[i - 1] === to[j - 1] ? 0 : 1);
      current.push(Math.min(substituted, previous[j] + 1, current[j - 1] + 1));
    }
    previous = current;
  }
  return previous[to.length];
}
