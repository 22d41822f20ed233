/** Queries whose candidates carry features and grades, in columns: what readers of such files give. */

import { GrowableColumn } from "../readers/growable-column.ts";
import type { FeatureTable } from "../request-features.ts";
import { FeatureColumns, type GivenFeatures } from "./feature-columns.ts";

/** A table with the names of its columns. */
export interface NamedFeatures extends FeatureTable {
  /** [width] */
  readonly names: readonly string[];
}

/** Q queries with D candidates in all. */
export interface QueryTable {
  /** What the source calls each query: [Q]. */
  readonly names: readonly string[];
  /** The candidates of query q are those from `offsets[q]` to before `offsets[q + 1]`: [Q + 1]. */
  readonly offsets: Int32Array;
  /** How well each candidate answers its query, from 0: [D]. */
  readonly grades: Int32Array;
  /** The score by which a first stage found each candidate, where it is known: [D]. */
  readonly scores?: Float32Array;
  /** What the source calls each candidate; absent where it names none: [D]. */
  readonly items?: readonly string[];
  readonly queryFeatures?: NamedFeatures;
  readonly candidateFeatures?: NamedFeatures;
}

/** A candidate of a query, as a program or a line of JSON gives it. */
export interface GradedCandidate {
  /** Its name. Those that are met again are learned of by name too. */
  readonly item?: string | undefined;
  readonly features?: GivenFeatures | undefined;
  /** How well it answers the query: a whole number from 0 to 30, such as 1 for a click; 0 unless given. */
  readonly grade?: number | undefined;
  /** The score by which a first stage found it. */
  readonly score?: number | undefined;
}

/** A query with what became of its candidates. */
export interface GradedQuery {
  /** Its name, for reports. */
  readonly query?: string | undefined;
  readonly features?: GivenFeatures | undefined;
  readonly candidates: readonly GradedCandidate[];
}

/** Gains double with each grade, so that those over 30 would drown all others. */
export const MAX_GRADE = 30;

/** Collects queries one after another. */
export class QueryTableBuilder {
  private readonly names: string[] = [];
  private readonly offsets = new GrowableColumn(Int32Array);
  private readonly grades = new GrowableColumn(Int32Array);
  private readonly scores = new GrowableColumn(Float32Array);
  private readonly items: string[] = [];
  private scored = 0;
  private readonly queryFeatures: FeatureColumns;
  private readonly candidateFeatures: FeatureColumns;

  /** @param like names the columns where they are known; features that it lacks are passed over and counted */
  constructor(like?: Pick<QueryTable, "queryFeatures" | "candidateFeatures">) {
    this.queryFeatures = new FeatureColumns("features of the query", like && (like.queryFeatures?.names ?? []));
    this.candidateFeatures = new FeatureColumns("features", like && (like.candidateFeatures?.names ?? []));
  }

  /** Queries begun so far. */
  get size(): number {
    return this.names.length;
  }

  /** Values of features that the table does not know, so far. */
  get unknownValues(): number {
    return this.queryFeatures.unknownValues + this.candidateFeatures.unknownValues;
  }

  /** Begins a query, whose candidates follow. @throws RangeError for features that do not fit those before */
  begin(name: string, features?: GivenFeatures): void {
    this.names.push(name);
    this.offsets.push(this.grades.length);
    this.queryFeatures.add(features);
  }

  /** Adds a candidate of the query that was begun last. @throws RangeError that says what is wrong with it */
  addCandidate({ item = "", features, grade = 0, score }: GradedCandidate): void {
    if (!Number.isInteger(grade) || grade < 0 || grade > MAX_GRADE) {
      throw new RangeError(`the grade must be a whole number from 0 to ${MAX_GRADE}, got ${grade}`);
    }
    if (score !== undefined && !Number.isFinite(Math.fround(score))) {
      throw new RangeError(`the score must be a finite number, got ${score}`);
    }
    this.candidateFeatures.add(features);
    this.grades.push(grade);
    this.scores.push(score ?? 0);
    this.items.push(item);
    if (score !== undefined) this.scored++;
  }

  /** Adds a query with all of its candidates. @throws RangeError that says what is wrong with it, and where */
  add({ query, features, candidates }: GradedQuery): void {
    this.begin(query ?? String(this.size + 1), features);
    candidates.forEach((candidate, place) => {
      try {
        this.addCandidate(candidate);
      } catch (cause) {
        throw new RangeError(`candidates[${place}]: ${(cause as Error).message}`, { cause });
      }
    });
  }

  /**
   * @param order of the columns of candidates' features: all names of them, and perhaps more; as they came unless given
   * @throws RangeError where only some candidates have a score, or there are too many numbers
   */
  build(order?: (names: readonly string[]) => readonly string[]): QueryTable {
    const count = this.grades.length;
    if (this.scored > 0 && this.scored < count) {
      throw new RangeError(`${this.scored} of ${count} candidates have a score; give it for all of them or for none`);
    }
    const queryFeatures = this.queryFeatures.build();
    const candidateFeatures = this.candidateFeatures.build(order);
    const offsets = new Int32Array(this.size + 1).fill(count);
    offsets.set(this.offsets.values());
    return {
      names: this.names,
      offsets,
      grades: this.grades.values().slice(),
      ...(this.scored > 0 && { scores: this.scores.values().slice() }),
      ...(this.items.some((item) => item !== "") && { items: this.items }),
      ...(queryFeatures && { queryFeatures }),
      ...(candidateFeatures && { candidateFeatures }),
    };
  }
}

/**
 * The table of queries in memory.
 * @throws RangeError that names the query and what is wrong with it
 */
export function tableOfQueries(queries: readonly GradedQuery[]): QueryTable {
  const builder = new QueryTableBuilder();
  queries.forEach((query, place) => {
    try {
      builder.add(query);
    } catch (cause) {
      throw new RangeError(`queries[${place}]: ${(cause as Error).message}`, { cause });
    }
  });
  if (queries.length === 0) throw new RangeError("queries: there is none; expected queries with graded candidates");
  return builder.build();
}
