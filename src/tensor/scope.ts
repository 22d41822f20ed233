/** Lifetimes: a scope frees every tensor that was made inside it, method chains included, unless it was kept. */
// `using` needs these types, in the programs of whoever reads this file's declarations too.
/// <reference lib="esnext.disposable" preserve="true" />

/** What a scope can own. */
export interface Resource {
  dispose(): void;
}

let current: Scope | undefined;

/**
 * Owns the tensors made while it is the innermost open scope.
 *
 * @example
 * using step = scope();
 * const loss = model.forward(batch).square().mean();
 * step.keep(loss); // outlives this scope; everything else is freed at the end of the block
 */
export class Scope {
  private readonly parent = current;
  private readonly owned = new Set<Resource>();

  constructor() {
    current = this;
  }

  /** Hands `resource` to the enclosing scope, or to nobody: then its `dispose()` is up to the caller. */
  keep<Kept extends Resource>(resource: Kept): Kept {
    if (this.owned.delete(resource)) this.parent?.owned.add(resource);
    return resource;
  }

  /** @internal */
  add(resource: Resource): void {
    this.owned.add(resource);
  }

  /** @internal */
  remove(resource: Resource): void {
    this.owned.delete(resource);
  }

  /**
   * Frees what the scope still owns.
   * @throws Error when a scope that was opened later is still open.
   */
  [Symbol.dispose](): void {
    if (current !== this) {
      throw new Error(
        "scope: scopes must end in the reverse order of their beginnings; do not hold one open across an await " +
          "that lets other code open its own",
      );
    }
    current = this.parent;
    for (const resource of this.owned) resource.dispose();
    this.owned.clear();
  }
}

/** Opens a scope: `using step = scope();`. */
export function scope(): Scope {
  return new Scope();
}

/** The innermost open scope. */
export function currentScope(): Scope | undefined {
  return current;
}

/** Runs `make` with no scope open: what it makes lives until it is disposed, as parameters and their gradients do. */
export function outsideScopes<Result>(make: () => Result): Result {
  const open = current;
  current = undefined;
  try {
    return make();
  } finally {
    current = open;
  }
}
