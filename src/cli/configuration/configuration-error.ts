/** What is told of a configuration that cannot be used. */
import { excerpt } from "../../text/excerpt.ts";

/** A mistake in a configuration: `goalrank.yaml:12: experiment.widht: unknown key; did you mean width?` */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
  readonly problems: readonly string[];

  /** @param problems one line each, at least one */
  constructor(problems: readonly string[]) {
    const lines = problems.map((problem) => excerpt(problem, 1000));
    super(lines.length === 1 ? lines[0] : `${lines[0]} (and ${lines.length - 1} more)`);
    this.problems = lines;
  }
}
