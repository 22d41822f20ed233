/** What the server keeps of the lists that it serves, and of what it is told became of them. */
import type { FastifyBaseLogger } from "fastify";
import * as z from "zod";
import { ImpossibleFeedbackError, ImpressionLog } from "../impressions/impression-log.ts";
import { feedbackSchema, hashOf, type Impression } from "../impressions/records.ts";
import type { RankRequest } from "../ranker/requests.ts";
import type { ServerMetrics } from "./metrics.ts";
import { type ProblemAnswer, ServeProblem } from "./problems.ts";
import type { RankOutcome } from "./ranking/worker-messages.ts";
import type { ServeSettings } from "./settings.ts";

/** A request as the workers are asked, with the name of its impression. */
export interface NamedRequest {
  readonly impression: string;
  readonly request: RankRequest;
  /** Whether the client itself wants to know the candidates. */
  readonly asksCandidates: boolean;
}

/** What feedback is answered: what became of it. */
export type FeedbackAnswer =
  | { readonly status: Awaited<ReturnType<ImpressionLog["addFeedback"]>> }
  | (ProblemAnswer & { readonly status: "refused" });

type Settings = Pick<ServeSettings, "impressions" | "explore">;

/** The request with what the server adds: how its list is drawn, and what has to be known of it later. */
export function nameRequest(
  request: RankRequest,
  impression: string,
  { impressions, explore }: Settings,
): NamedRequest {
  const { temperature = 0, topP, epsilon } = explore;
  const isExploring = explore.temperature !== undefined || epsilon > 0;
  return {
    impression,
    asksCandidates: request.tellCandidates === true,
    request: {
      ...request,
      ...(impressions.folder !== undefined && impressions.context === "full" && { tellCandidates: true }),
      ...(isExploring && { explore: request.explore ?? { key: impression, temperature, topP, epsilon } }),
    },
  };
}

/** What the client gets of a logged list: its impression's name, and the candidates only where it asked for them. */
export function forClient({ impression, asksCandidates }: NamedRequest, outcome: RankOutcome): object {
  if (!("list" in outcome)) return {};
  const { candidates, ...list } = outcome.list;
  return { impression, list: asksCandidates ? outcome.list : list };
}

export class ServedImpressions {
  private constructor(
    private readonly log: ImpressionLog,
    private readonly settings: ServeSettings["impressions"],
    private readonly metrics: ServerMetrics,
    private readonly serverLog: FastifyBaseLogger,
  ) {}

  /** @returns undefined where nothing is to be kept @throws Error where the folder cannot be had */
  static open(
    settings: ServeSettings["impressions"],
    metrics: ServerMetrics,
    serverLog: FastifyBaseLogger,
  ): ServedImpressions | undefined {
    const { folder } = settings;
    if (folder === undefined) return undefined;
    const onSyncError = (error: Error) => serverLog.error({ reason: error.message }, "the impression log is not safe");
    const log = ImpressionLog.open({ ...settings, folder, onSyncError });
    if (log.repaired > 0)
      serverLog.warn({ lines: log.repaired }, "unfinished lines of the impression log were cut off");
    return new ServedImpressions(log, settings, metrics, serverLog);
  }

  /**
   * Keeps the lists before they are answered.
   * @throws ServeProblem `not-logged` where that fails and the settings say to refuse
   */
  async keep(named: readonly NamedRequest[], outcomes: readonly RankOutcome[], policy: string): Promise<void> {
    const time = Date.now();
    const impressions = outcomes.flatMap((outcome, n) => {
      return "list" in outcome ? impressionOf(named[n], outcome, { time, policy, context: this.settings.context }) : [];
    });
    try {
      await this.log.addImpressions(impressions);
      this.metrics.impressions.inc(impressions.length);
    } catch (error) {
      this.metrics.lostImpressions.inc(impressions.length);
      this.serverLog.error({ reason: (error as Error).message }, "impressions could not be logged");
      if (this.settings.onFailure === "refuse") {
        throw new ServeProblem("not-logged", "the list could not be logged, so it is not served", { retryAfter: 1 });
      }
    }
  }

  /** Takes in one piece of feedback, or several; each is answered for itself. */
  async takeFeedback(body: unknown): Promise<FeedbackAnswer[]> {
    const given = Array.isArray(body) ? body : [body];
    const answers: FeedbackAnswer[] = [];
    for (const one of given) answers.push(await this.takeOne(one));
    return answers;
  }

  close(): Promise<void> {
    return this.log.close();
  }

  private async takeOne(value: unknown): Promise<FeedbackAnswer> {
    const answer = await this.answerOne(value);
    this.metrics.feedback.inc({ status: answer.status });
    return answer;
  }

  private async answerOne(value: unknown): Promise<FeedbackAnswer> {
    const parsed = feedbackSchema.safeParse(value);
    if (!parsed.success) {
      const [{ path, message }] = parsed.error.issues;
      return refused(new ServeProblem("type", message, { path: z.core.toDotPath(path) || undefined }));
    }
    try {
      return { status: await this.log.addFeedback(parsed.data, Date.now()) };
    } catch (error) {
      if (error instanceof ImpossibleFeedbackError) {
        return refused(new ServeProblem("impossible-feedback", error.message));
      }
      this.serverLog.error({ reason: (error as Error).message }, "feedback could not be logged");
      return refused(new ServeProblem("not-logged", "the feedback could not be logged; send it again"));
    }
  }
}

function refused(problem: ServeProblem): FeedbackAnswer {
  return { status: "refused", ...problem.answer };
}

function impressionOf(
  { impression, request }: NamedRequest,
  { list, fingerprint }: Extract<RankOutcome, { list: unknown }>,
  { time, policy, context }: { time: number; policy: string; context: ServeSettings["impressions"]["context"] },
): Impression {
  const { user, history } = request;
  const candidates = list.candidates?.slice();
  const asked = { user, history: history?.slice(), candidates };
  return {
    impression,
    time,
    ranker: fingerprint,
    policy,
    ...(context === "full" && definedOf(asked)),
    ...(context === "hash" && { context: hashOf(JSON.stringify([user, history, request.candidates])) }),
    items: [...list.items],
    ...(list.drawn && { drawn: { ...list.drawn, logProbabilities: [...list.drawn.logProbabilities] } }),
  };
}

/** Without what is undefined. */
function definedOf<Value extends object>(value: Value): { [Key in keyof Value]?: Exclude<Value[Key], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, own]) => own !== undefined)) as never;
}
