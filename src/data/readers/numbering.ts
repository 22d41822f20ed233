/** Numbers for names: a log holds users, items and lists by number, and each name once. */

/** As many as a Map holds. */
const MAX_NAMES = 2 ** 24;

/** Numbers names from 0 in order of first appearance. */
export class Numbering {
  readonly names: string[] = [];
  private readonly numbers = new Map<string, number>();

  has(name: string): boolean {
    return this.numbers.has(name);
  }

  /** @throws RangeError when there are 2^24 other names already */
  numberOf(name: string): number {
    const known = this.numbers.get(name);
    if (known !== undefined) return known;
    if (this.names.length === MAX_NAMES) {
      throw new RangeError(`more than ${MAX_NAMES} different names of users, of items or of lists; use a smaller log`);
    }
    // The same text in memory of its own. A part of a larger string may be kept as a view of it, so that a single name
    // would keep all of the file's text around it; joining and cutting again copies just the name.
    const own = ` ${name}`.slice(1);
    this.numbers.set(own, this.names.length);
    return this.names.push(own) - 1;
  }
}
