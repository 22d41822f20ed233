/** Exercises: nine tasks, each with a hint, a check that computes the answer, and a key for teachers. */
import { useState } from "preact/hooks";
import { EXERCISES, exerciseState, type Verdict } from "../exercises.ts";
import { writeFragment } from "../url.ts";
import { Button, Card } from "./parts.tsx";
import { useLab } from "./store.ts";
import { Picks, Words } from "./words.tsx";

export function ExercisesPanel() {
  const { state, set } = useLab();
  const number = state.exercise;
  const begin = (which: number) =>
    set({ ...exerciseState(which, state.theme), lesson: state.lesson, tab: "exercises" });
  return (
    <>
      <Words
        title="Nine exercises"
        about="The page checks your answer by computing it. An address holds the exercise as it stands: share it, or hand it in."
      />
      <div class="figures">
        <Picks
          kind="exercise"
          names={EXERCISES.map(({ name }) => name)}
          chosen={number}
          addressOf={(which) => writeFragment({ ...exerciseState(which, state.theme), tab: "exercises" })}
          onPick={begin}
        />
        {number === 0 ? (
          <p>Choose one. It sets the lab up; what you had set before is left behind.</p>
        ) : (
          <Task key={number} number={number} />
        )}
      </div>
    </>
  );
}

function Task({ number }: { readonly number: number }) {
  const { state, set } = useLab();
  const [verdict, setVerdict] = useState<Verdict | undefined>(undefined);
  const exercise = EXERCISES[number - 1];
  const { name, tab, task, hint, fields, because } = exercise;
  const answer = (at: number, value: string) => {
    const answers = fields.map((_, n) => (n === at ? value : (state.answers[n] ?? "")));
    set({ answers: answers.map((own) => own.replace(/[,;&#=\n]/g, "").slice(0, 48)) });
    setVerdict(undefined);
  };
  return (
    <Card title={`${number}. ${name}`}>
      <div class="settings">
        <p>{task}</p>
        {tab !== "exercises" && (
          <div class="row">
            <Button first onClick={() => set({ tab })}>
              Work on it: {tab}
            </Button>
          </div>
        )}
        {fields.length > 0 && number !== 7 && (
          <div class="answer">
            {fields.map(({ label, choices }, at) => (
              <div key={label}>
                <label for={`answer-${at}`}>{label}</label>
                {choices === undefined ? (
                  <input
                    id={`answer-${at}`}
                    type="text"
                    value={state.answers[at] ?? ""}
                    onInput={({ currentTarget }) => answer(at, currentTarget.value)}
                  />
                ) : (
                  <select
                    id={`answer-${at}`}
                    value={state.answers[at] ?? ""}
                    onChange={({ currentTarget }) => answer(at, currentTarget.value)}
                  >
                    <option value="">choose</option>
                    {choices.map((choice) => (
                      <option key={choice} value={choice}>
                        {choice}
                      </option>
                    ))}
                  </select>
                )}
              </div>
            ))}
          </div>
        )}
        <div class="row">
          <Button first={tab === "exercises"} onClick={() => setVerdict(exercise.check(state))}>
            Check
          </Button>
          <span role="status" class={verdict?.solved ? "solved" : ""}>
            {verdict === undefined ? "" : `${verdict.solved ? "Solved. " : ""}${verdict.says}`}
          </span>
        </div>
        <details>
          <summary>A hint</summary>
          <p>{hint}</p>
        </details>
        <details>
          <summary>The key, for teachers</summary>
          <p>{because}</p>
          <p style={{ height: "0.6rem" }} />
          <Button
            onClick={() => {
              set(exercise.key());
              setVerdict(undefined);
            }}
          >
            Set the lab to the key
          </Button>
        </details>
      </div>
    </Card>
  );
}
