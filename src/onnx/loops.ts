/**
 * The programs around an exported generator, in JavaScript and in Python: from one request to its list. They say the
 * same line by line, and read the files of the folder that they are run in.
 */

/** What the programs depend on. */
export interface LoopFacts {
  readonly listLength: number;
  /** Whether the encoder has the input `users`, and whether it has `history` and `history_weights`. */
  readonly readsUsers: boolean;
  readonly readsHistory: boolean;
}

/** For Node.js with the package onnxruntime-node: ends with the function `rank`. */
export function javascriptLoop(facts: LoopFacts): string {
  return keepLines(JAVASCRIPT, facts);
}

/** The same for Python with the packages onnxruntime and numpy. */
export function pythonLoop(facts: LoopFacts): string {
  return keepLines(PYTHON, facts);
}

/** Without the lines of what the model does not read: those that are marked @users and @history. */
function keepLines(program: string, { listLength, readsUsers, readsHistory }: LoopFacts): string {
  return program
    .split("\n")
    .filter((line) => (readsUsers || !line.endsWith("@users")) && (readsHistory || !line.endsWith("@history")))
    .map((line) => line.replace(/ @(users|history)$/, "").replace("@length", String(listLength)))
    .join("\n");
}

const JAVASCRIPT = `\
import { readFileSync } from "node:fs";
import { InferenceSession, Tensor } from "onnxruntime-node";

const LIST_LENGTH = @length;
const read = (name) => JSON.parse(readFileSync(name, "utf8"));
const itemNumbers = new Map(read("items.json").map(({ id }, number) => [id, number]));
const userNumbers = new Map(read("users.json").map((id, number) => [id, number])); @users
const encoder = await InferenceSession.create("encoder.onnx");
const decoder = await InferenceSession.create("decoder-step.onnx");
const numbersOf = (ids) => ids.map((id) => itemNumbers.get(id));
const floats = (values, shape) => new Tensor("float32", Float32Array.from(values), shape);
const integers = (values, shape) => new Tensor("int64", BigInt64Array.from(values, BigInt), shape);

async function rank({
  candidates, // ids of different items
  scores, // the retriever's, one of each candidate
  user, // id; unknown if it is none of users.json @users
  liked = [], // ids of the items that the user met and liked @history
  other = [], // ids of the items that the user met and did not like @history
}) {
  const N = candidates.length;
  if (new Set(candidates).size < N) throw new RangeError("candidates: expected different items");
  const H = liked.length + other.length; @history
  const memory = await encoder.run({
    users: integers([userNumbers.get(user) ?? -1], [1]), @users
    candidates: integers(numbersOf(candidates), [1, N]),
    retriever_scores: floats(scores, [1, N]),
    history: integers(numbersOf([...liked, ...other]), [1, H]), @history
    history_weights: floats([ @history
      ...liked.map(() => 1 / liked.length), ...other.map(() => 0), @history
      ...liked.map(() => 0), ...other.map(() => 1 / other.length), @history
    ], [1, 2, H]), @history
  });
  const D = memory.rows.dims[2];
  const names = decoder.inputNames.filter((name) => name.startsWith("past_"));
  let past = Object.fromEntries(names.map((name) => [name, floats([], [1, 0, D])]));
  let previous = -1;
  const free = new Uint8Array(N).fill(1);
  const list = [];
  for (let position = 0; position < Math.min(LIST_LENGTH, N); position++) {
    const { log_probabilities, ...present } = await decoder.run({
      ...memory, ...past, previous: integers([previous], [1]), free: new Tensor("bool", free, [1, N]),
    });
    const logs = log_probabilities.data;
    previous = logs.indexOf(Math.max(...logs));
    list.push({ item: candidates[previous], score: Math.exp(logs[previous]) });
    free[previous] = 0;
    past = Object.fromEntries(
      Object.entries(present).map(([name, value]) => [name.replace("present", "past"), value]),
    );
  }
  return list;
}
`;

const PYTHON = `\
import json
import numpy as np
from onnxruntime import InferenceSession

LIST_LENGTH = @length
read = lambda name: json.load(open(name, encoding="utf-8"))
item_numbers = {item["id"]: number for number, item in enumerate(read("items.json"))}
user_numbers = {id: number for number, id in enumerate(read("users.json"))} @users
encoder = InferenceSession("encoder.onnx")
decoder = InferenceSession("decoder-step.onnx")
numbers_of = lambda ids: [item_numbers[id] for id in ids]
floats = lambda values: np.array(values, np.float32)
integers = lambda values: np.array(values, np.int64)

def run(session, inputs):
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, inputs)))

def rank(
    candidates,  # ids of different items
    scores,  # the retriever's, one of each candidate
    user=None,  # id; unknown if it is none of users.json @users
    liked=(),  # ids of the items that the user met and liked @history
    other=(),  # ids of the items that the user met and did not like @history
):
    if len(set(candidates)) < len(candidates):
        raise ValueError("candidates: expected different items")
    memory = run(encoder, {
        "users": integers([user_numbers.get(user, -1)]), @users
        "candidates": integers([numbers_of(candidates)]),
        "retriever_scores": floats([scores]),
        "history": integers([numbers_of([*liked, *other])]), @history
        "history_weights": floats([[ @history
            [1 / len(liked) for _ in liked] + [0 for _ in other], @history
            [0 for _ in liked] + [1 / len(other) for _ in other], @history
        ]]), @history
    })
    N, D = memory["rows"].shape[1:]
    names = [input.name for input in decoder.get_inputs() if input.name.startswith("past_")]
    past = {name: np.zeros((1, 0, D), np.float32) for name in names}
    previous = -1
    free = np.ones((1, N), bool)
    result = []
    for position in range(min(LIST_LENGTH, N)):
        present = run(decoder, {
            **memory, **past, "previous": integers([previous]), "free": free,
        })
        logs = present.pop("log_probabilities")[0]
        previous = int(logs.argmax())
        result.append({"item": candidates[previous], "score": float(np.exp(logs[previous]))})
        free[0, previous] = False
        past = {name.replace("present", "past"): value for name, value in present.items()}
    return result
`;
