/** What waits to be used again, by size. */
export class FreeLists<Part> {
  /** The latest first, so that the earliest is handed out: a training step finds the same ones every time. */
  private readonly parts = new Map<number, Part[]>();

  /** @param placeOf tells parts of one size apart, the earlier the smaller */
  constructor(private readonly placeOf: (part: Part) => number) {}

  take(size: number): Part | undefined {
    return this.parts.get(size)?.pop();
  }

  give(size: number, part: Part): void {
    const waiting = this.parts.get(size);
    if (waiting === undefined) {
      this.parts.set(size, [part]);
      return;
    }
    const place = this.placeOf(part);
    let at = waiting.length;
    while (at > 0 && this.placeOf(waiting[at - 1]) < place) at--;
    waiting.splice(at, 0, part);
  }

  /** Hands out all parts, each with its size. */
  takeAll(): (readonly [size: number, part: Part])[] {
    const all = [...this.parts].flatMap(([size, parts]) => parts.map((part) => [size, part] as const));
    this.parts.clear();
    return all;
  }
}
