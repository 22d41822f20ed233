/** The log of what was served and what became of it: two kinds of files in one folder, and the latest of it in memory. */
import { readFileSync } from "node:fs";
import { AppendLog, type AppendLogOptions, appendLogFiles } from "../files/append-log.ts";
import {
  completeFeedback,
  type FeedbackRecord,
  feedbackRecordSchema,
  type GivenFeedback,
  type Impression,
  impressionSchema,
} from "./records.ts";

export const IMPRESSIONS = "impressions";
export const FEEDBACK = "feedback";

export interface ImpressionLogOptions extends Omit<AppendLogOptions, "name"> {
  /** Impressions, and feedback, that are kept in memory, to tell which feedback is possible and which was there before. */
  readonly window: number;
  /** Feedback that comes more than so long after its impression is late. */
  readonly lateMilliseconds: number;
}

/** What is said of feedback that can be: it is kept, but for a duplicate. */
export type FeedbackStatus = "recorded" | "late" | "duplicate" | "unknown-impression";

/** Feedback on something that was not served. */
export class ImpossibleFeedbackError extends Error {
  override readonly name = "ImpossibleFeedbackError";
}

type Served = Pick<Impression, "items" | "time">;

export class ImpressionLog {
  private readonly impressions: AppendLog;
  private readonly feedback: AppendLog;
  private readonly served = new Map<string, Served>();
  private readonly known = new Map<string, true>();

  private constructor(private readonly options: ImpressionLogOptions) {
    this.impressions = AppendLog.open({ ...options, name: IMPRESSIONS });
    this.feedback = AppendLog.open({ ...options, name: FEEDBACK });
    for (const line of lastLines(options, IMPRESSIONS)) this.remember(impressionSchema.parse(JSON.parse(line)));
    for (const line of lastLines(options, FEEDBACK)) {
      this.keep(this.known, feedbackRecordSchema.parse(JSON.parse(line)).id, true);
    }
  }

  /** @throws the file system's error, where the folder cannot be had; Error for a line in it that is none of these */
  static open(options: ImpressionLogOptions): ImpressionLog {
    return new ImpressionLog(options);
  }

  /** Lines that a killed process had not finished, and that were cut off. */
  get repaired(): number {
    return this.impressions.repaired + this.feedback.repaired;
  }

  /** Resolves once all are written. @throws the file system's error */
  async addImpressions(impressions: readonly Impression[]): Promise<void> {
    await Promise.all(impressions.map((own) => this.impressions.append(own)));
    for (const own of impressions) this.remember(own);
  }

  /**
   * Keeps feedback, unless it was there before.
   * @throws ImpossibleFeedbackError for an item that the list did not hold, or a time before it was served; the file
   * system's error, where it cannot be written
   */
  async addFeedback(given: GivenFeedback, now: number): Promise<FeedbackStatus> {
    const record = completeFeedback(given, now);
    const served = this.served.get(record.impression);
    if (served !== undefined) checkPossible(record, served);
    if (this.known.has(record.id)) return "duplicate";
    // Before it is written, so that the same that comes meanwhile is a duplicate.
    this.keep(this.known, record.id, true);
    try {
      await this.feedback.append(record);
    } catch (error) {
      this.known.delete(record.id);
      throw error;
    }
    if (served === undefined) return "unknown-impression";
    return record.time - served.time > this.options.lateMilliseconds ? "late" : "recorded";
  }

  async close(): Promise<void> {
    await Promise.all([this.impressions.close(), this.feedback.close()]);
  }

  private remember({ impression, items, time }: Impression): void {
    this.keep(this.served, impression, { items, time });
  }

  /** The oldest entry leaves where there are too many. */
  private keep<Value>(entries: Map<string, Value>, key: string, value: Value): void {
    entries.set(key, value);
    if (entries.size <= this.options.window) return;
    const [oldest] = entries.keys();
    entries.delete(oldest);
  }
}

/** Clocks of different machines may differ by this. */
const CLOCK_MILLISECONDS = 60_000;

function checkPossible({ item, time, impression }: FeedbackRecord, served: Served): void {
  if (!served.items.includes(String(item))) {
    throw new ImpossibleFeedbackError(`item: the list of impression "${impression}" does not hold "${item}"`);
  }
  if (time < served.time - CLOCK_MILLISECONDS) {
    const [when, before] = [time, served.time].map((moment) => new Date(moment).toISOString());
    throw new ImpossibleFeedbackError(`time: ${when} is before the list was served, ${before}`);
  }
}

/** The last `window` lines of a log. */
function lastLines({ folder, window }: ImpressionLogOptions, name: string): string[] {
  const lines: string[] = [];
  for (const file of appendLogFiles(folder, name).reverse()) {
    if (lines.length >= window) break;
    lines.unshift(...readFileSync(file, "utf8").split("\n").slice(0, -1));
  }
  return lines.slice(-window);
}
