/**
 * The defaults of `preset: paper`: what the paper prints, and where it says nothing the settings of its authors' published
 * code. They stand under everything that is set. How a setting of either is not quite that of this code:
 *
 * - Adam's betas are (0.9, 0.999) here and (0.9, 0.98) there; the rate falls along a cosine in place of steps; weight decay
 *   is AdamW's; feed-forward layers are wider than 128.
 * - The paper names seven methods that draw lists, and no counts: groups of 20 hold all of them in about equal parts.
 */
const TRAINING = {
  epochs: 200,
  batchSize: 512,
  learningRate: 1e-4,
  weightDecay: 1e-3,
  clipNorm: 5,
  warmup: 0,
} as const;

export const PAPER_RUN = {
  width: 128,
  heads: 2,
  layers: 2,
  dropoutRate: 0.1,
  residual: false,
  loss: "own",
  generatorStart: "scratch",
  policyRequests: "all",
  // Appendix B: one model of lists, by the squared error of what shown lists got.
  reward: {
    kind: "list",
    loss: "appendix-b",
    head: "total",
    contextLayers: 0,
    members: 1,
    pessimism: 0,
    start: "scratch",
    mixedLists: 0,
    policyLists: 0,
  },
  groups: {
    // Appendix C, in its order.
    set: [
      { source: "policy", count: 4, temperature: 1 },
      { source: "tree", count: 3 },
      { source: "pointwise", count: 3, scores: "policy" },
      { source: "markov", count: 3 },
      { source: "random", count: 2 },
      { source: "substitution", count: 3 },
      { source: "diverse", count: 2, scores: "policy" },
    ],
    // Eq. 4 and 5.
    referenceTemperature: 1,
    imitationWeight: 0,
    objective: "goalrank",
  },
  feedbackTraining: TRAINING,
  imitationTraining: TRAINING,
  rewardTraining: TRAINING,
  policyTraining: TRAINING,
} as const;
