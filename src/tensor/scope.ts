/** Lifetimes: a scope frees every tensor that was made inside it, method chains included, unless it was kept. */
// `using` needs these types, in the programs of whoever reads this file's declarations too.
/// <reference lib="esnext.disposable" preserve="true" />

import { defaultDevice, withDefaultDevice } from "./defaults.ts";

/** What a scope can own. */
export interface Resource {
  dispose(): void;
}

let current: Scope | undefined;

/**
 * Owns the tensors made while it is the innermost open scope.
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
  return inside(undefined, make);
}

/** Runs `make` with `chosen` as the innermost scope. */
function inside<Result>(chosen: Scope | undefined, make: () => Result): Result {
  const open = current;
  current = chosen;
  try {
    return make();
  } finally {
    current = open;
  }
}

/**
 * A scope for work that waits in between: it is open only while `run` runs, so it owns nothing that others make
 * meanwhile, and they may open scopes of their own.
 * @example
 * using held = heldScope();
 * const scores = held.run(() => model.forward(batch));
 * const best = bestOf(await scores.data());
 * return await held.run(() => judge.rewards(batch, best)).data();
 */
export class HeldScope {
  private readonly held = outsideScopes(scope);
  private readonly device = defaultDevice();

  /** Runs `make` in this scope, on the device that was the default when the scope was made. */
  run<Result>(make: () => Result): Result {
    return inside(this.held, () => withDefaultDevice(this.device, make));
  }

  /** Frees what was made in it. */
  [Symbol.dispose](): void {
    inside(this.held, () => this.held[Symbol.dispose]());
  }
}

/** Makes one: `using held = heldScope();`. */
export function heldScope(): HeldScope {
  return new HeldScope();
}
