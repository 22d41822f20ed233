/** The README of an exported ranker: what is in the folder, and how to use it without this package. */
import { javascriptLoop, type LoopFacts, pythonLoop } from "../../onnx/loops.ts";
import type { RankerDescription } from "../../ranker/ranker.ts";

export interface ReadmeFacts {
  readonly ranker: RankerDescription;
  readonly loop: LoopFacts;
  /** Which models the folder holds. */
  readonly holds: { readonly safetensors: boolean; readonly onnx: boolean };
}

export function exportReadme(facts: ReadmeFacts): string {
  const { holds } = facts;
  return [
    introduction(facts),
    ...(holds.onnx ? [onnxSection(facts)] : []),
    ...(holds.safetensors ? [safetensorsSection()] : []),
    retrieverSection(facts),
  ].join("\n");
}

function introduction({ ranker, loop, holds }: ReadmeFacts): string {
  const { fingerprint, title, itemCount, userCount, listLength, candidateCount, historyLength, width } = ranker;
  const files = [
    ...(holds.onnx
      ? [
          "| `encoder.onnx` | reads a request and its N candidates; run once |",
          "| `decoder-step.onnx` | says how likely each candidate is at the next position; run once per position |",
        ]
      : []),
    ...(holds.safetensors
      ? ["| `ranker.safetensors` | all weights, names, features and the retriever; `loadRanker` reads it |"]
      : []),
    "| `items.json` | the items in the order of their numbers: `id`, and `title` where it is known |",
    ...(loop.readsUsers ? ["| `users.json` | the ids of the users in the order of their numbers |"] : []),
  ];
  return `# A ranker made by GoalRank for TypeScript

It chooses lists of up to ${listLength} items, best first, out of candidates. Fingerprint: \`${fingerprint}\`.

| | |
|---|---|
| method | ${title} |
| items, users | ${itemCount}, ${userCount} |
| length of a list | ${listLength} |
| candidates and history that it was trained with | N = ${candidateCount}, H = ${historyLength} |
| width | D = ${width} |

| file | |
|---|---|
${files.join("\n")}
`;
}

function onnxSection({ ranker, loop }: ReadmeFacts): string {
  const { historyLength } = ranker;
  const history = loop.readsHistory
    ? `- **History.** Give the last ${historyLength} items that the user met, at most, and tell those with positive feedback
  (\`liked\`) from the others. Leave out items that \`items.json\` does not have. Their order does not matter.
`
    : "";
  return `## The ONNX models

Operators of version 17, f32. B requests can be ranked together; N, B${loop.readsHistory ? " and H" : ""} are free.
The names, types and shapes of all inputs and outputs stand in the files, with descriptions.

In JavaScript, as a module such as \`rank.mjs\` in this folder, after \`npm install onnxruntime-node\`:

\`\`\`js
${javascriptLoop(loop)}\`\`\`

In Python, in this folder, after \`pip install onnxruntime numpy\`:

\`\`\`python
${pythonLoop(loop)}\`\`\`

What is left to the caller:

- **Scores.** Each candidate comes with the retriever's score, on the scale that the ranker was trained with: see below.
${history}- **Constraints.** Choose only among the candidates that may stand at a position, instead of the largest of all. \`free\`
  is false for candidates that the list has already, and for nothing else: then the probabilities are the ranker's own.
- **Several lists for one request.** Repeat the encoder's outputs along B.
`;
}

function safetensorsSection(): string {
  return `## The safetensors file

\`\`\`js
import { loadRanker } from "goalrank";

const ranker = await loadRanker("ranker.safetensors");
\`\`\`

Others read its tensors with any safetensors library: \`model.…\` are the weights of the method's own models, by the names
of the layers that hold them, and \`shared.…\` those of models that it shares with others; \`item.…\` and \`user.…\` are names (UTF-8 JSON) and features; \`past.…\` is what each user has met (varints); \`retriever.…\` is what the retriever knows. The entry
\`goalrank\` of the metadata is JSON with the method's name, its sizes, and a CRC-32C of every tensor.
`;
}

/** How the scores of candidates come out of the retriever's tensors. */
const SCORES: Readonly<Record<string, string>> = {
  "matrix-factorization": `The score of item i for user u is \`user_vectors[u] · item_vectors[i] + item_biases[i]\`. The vector of
someone who is not in the log is \`[m, 1] · history_projection\`, where m is the mean of \`item_vectors\` over the history;
with no history it is the last row of \`history_projection\`.`,
  popularity: "The score of item i is `scores[i]`, the same for everybody.",
  "item-neighbours": `Every item j that the user liked, in the log (\`likes[like_offsets[u]]\` to before
\`likes[like_offsets[u + 1]]\`) or in the history, adds \`similarities[k]\` to the score of item \`neighbours[k]\`, for k from
\`neighbour_offsets[j]\` to before \`neighbour_offsets[j + 1]\`.
To that comes 1e-6 times the number of users who like the item, divided by that of the most liked one.`,
};

function retrieverSection({ ranker: { retriever }, holds }: ReadmeFacts): string {
  if (retriever === undefined) {
    return `## The retriever's scores

This ranker has no retriever of its own: scores come from what retrieved the candidates of the lists it was trained on.
`;
  }
  const where = holds.safetensors
    ? "`ranker.safetensors` holds it"
    : "The run's `ranker.safetensors`, which `goalrank export --format all` copies here, holds it";
  return `## The retriever's scores

The ranker was trained with the scores of the retriever "${retriever}". ${where}, as
tensors whose names begin with \`retriever.\`.

${SCORES[retriever] ?? ""}
`;
}
