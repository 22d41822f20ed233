/** What a method's own models may begin from, where they need not learn anew what users and items are (ours). */
import type { CandidateEncoder } from "../goalrank/candidate-encoder.ts";
import { type Lesson, type MethodContext, sharedModel } from "./method.ts";

/** What encodes users and items in the judge: that of its first member, or of the DNN that it is made of. */
export function trainedEncoder(context: MethodContext, { rewardModel }: Pick<Lesson, "rewardModel">): CandidateEncoder {
  const judge = context.shared.contextual?.memory ?? rewardModel;
  return judge?.encoder ?? sharedModel(context, "pointwise").encoder;
}
