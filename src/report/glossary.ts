/** The words of a report, explained to somebody who knows no machine learning: a fold of the page, and docs/glossary.md. */

/** Terms that belong together. */
export interface TermGroup {
  readonly title: string;
  readonly terms: readonly (readonly [term: string, meaning: string])[];
}

export const GLOSSARY: readonly TermGroup[] = [
  {
    title: "What is ranked",
    terms: [
      ["log", "What was recorded: who met which item, when, and what they did."],
      ["list", "A few items shown together, in order. A request asks for one."],
      ["candidate", "An item that could be in the list. A ranking method puts the candidates of a request in order."],
      ["liked, positive", "An item whose feedback reached the threshold in the settings, such as 4 stars or a click."],
      [
        "retriever",
        "What finds candidates among all items: fast, and rough. Ranking methods put them in a better order.",
      ],
      ["history", "What a user met before the request."],
      [
        "embedded world",
        "A simulator of users that comes with the program. What a list is truly worth is known there.",
      ],
    ],
  },
  {
    title: "How it is tested",
    terms: [
      ["training lists", "The lists that methods learn from."],
      ["validation lists", "Later lists, kept aside, by which the method to deploy is chosen."],
      ["test lists", "Lists that took no part in learning or choosing: they only report how well the choice does."],
      [
        "last-list, global-time",
        "Ways to keep lists aside: the last one of each user, or all after one moment in time.",
      ],
      [
        "injected candidates",
        "Candidates are what was really shown, mixed into what the retriever finds. A method may then win by telling the two " +
          "apart, which helps nobody; figures of injected and retrieved candidates cannot be compared.",
      ],
      [
        "retrieved candidates",
        "Candidates are what the retriever finds, as when requests are answered. Harder, and honest.",
      ],
      ["logged candidates", "Candidates are those that the log itself names for the request."],
      [
        "20-core",
        "Users and items with fewer than 20 interactions are left out, again and again, until all that are left have 20. The " +
          "number is the setting core.",
      ],
      ["leak", "Something of the test that was there to learn from. It makes results too good."],
      [
        "95% interval, ±",
        "Were the test repeated with other users, the true value would lie inside for 95 of 100 such intervals.",
      ],
      ["p", "How often chance alone would give a difference this large. Under 0.05 it is taken for a real one."],
      ["within noise", "So little apart that chance may be the reason."],
    ],
  },
  {
    title: "Measures",
    terms: [
      ["H@6", "Share of the list's 6 places that hold a liked item. The number is the length of the list."],
      ["NDCG@6", "Like H@6, but an item counts more the higher it stands; 100% if all that was liked stands on top."],
      ["MAP@6", "How pure the list is down to each liked item, on average."],
      ["F1@6", "Balances how much of the list was liked and how much of what was liked is in the list."],
      [
        "AUC",
        "Take one liked and one other candidate: how often does the liked one stand higher? 50% (0.5) is chance, 100% is always, " +
          "0% is never. An AUC of 0.188 says that the liked one stands lower in 81 of 100 cases.",
      ],
      ["true reward", "In an embedded world: how many items of the list users like on average."],
      ["regret", "How much more the best list would have earned."],
      ["predicted reward", "What the reward model believes that a list earns."],
    ],
  },
  {
    title: "How methods work",
    terms: [
      [
        "reward model, judge",
        "A model that says how many items of a list will be liked, looking at the list as a whole.",
      ],
      [
        "R²",
        "Share of the differences between lists that the reward model explains: 0 is no better than always saying the average.",
      ],
      [
        "correlation",
        "How well two numbers rise together: 1 is perfectly, 0 not at all, below 0 the one falls as the other rises.",
      ],
      ["calibration", "Whether lists for which the reward model says 2 really get 2 liked items on average."],
      ["generator", "A model that writes a whole list."],
      [
        "generator-evaluator",
        "Two steps: many lists are proposed, and the reward model chooses one. Costs more per answer.",
      ],
      [
        "imitation-evaluator",
        "A generator-evaluator whose proposals come from a model that imitates the logged lists.",
      ],
      ["policy", "The probabilities with which a generator would write each list."],
      [
        "group, reference policy",
        "The lists that GoalRank compares for one request, and how often each should be shown.",
      ],
      ["loss", "What training makes small: how far the model is from what it should say."],
      ["step, epoch", "One small correction of the model; one pass through all training lists."],
      ["off-policy estimate", "What the log says of lists that it did not show, from the few that happen to be alike."],
    ],
  },
];

/** The glossary as a page of Markdown. */
export function glossaryPage(): string {
  const groups = GLOSSARY.map(({ title, terms }) => {
    const rows = terms.map(([term, meaning]) => `| ${term} | ${meaning} |`);
    return `## ${title}\n\n| word | meaning |\n|---|---|\n${rows.join("\n")}\n`;
  });
  return `# Glossary\n\nThe words of a report, a table of results and a verdict, for readers who know no machine learning. The\nreport carries the same page as a fold.\n\n${groups.join("\n")}`;
}
