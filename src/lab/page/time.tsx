/** Time: one step in seven moves, play and rewind, and what becomes of the policy. */
import { useEffect, useState } from "preact/hooks";
import { PHASES } from "../state.ts";
import type { Levels } from "../training.ts";
import { Curves } from "./charts.tsx";
import { GroupFacts, groupInView } from "./group.tsx";
import { GroupTable } from "./group-table.tsx";
import { Button, Card, Fact, Facts, Num, StateSlider, written } from "./parts.tsx";
import { type Lab, useLab } from "./store.ts";
import { SpaceChoice, Words } from "./words.tsx";

const LAST = 300;

const MOVES: Readonly<Record<(typeof PHASES)[number], string>> = {
  sample: "lists are drawn",
  score: "the judge gives r̂",
  standardise: "z, beside the group",
  soften: "π_ref, by τ",
  compare: "with π_θ",
  backprop: "the push",
  update: "AdamW moves θ",
};

export function TimePanel() {
  const lab = useLab();
  const { state, set, step } = lab;
  const [speed, setSpeed] = useState<"stop" | "play" | "slow">("stop");
  useEffect(() => {
    if (speed === "stop") return;
    const timer = setTimeout(
      () => {
        if (state.step >= LAST) setSpeed("stop");
        else if (speed === "play") set({ step: state.step + 1, phase: 0 });
        else set(nextMove(lab));
      },
      speed === "play" ? 30 : 900,
    );
    return () => clearTimeout(timer);
  }, [speed, state.step, state.phase, lab, set]);
  const { view, lists } = groupInView({ ...lab, state: { ...state, drags: {}, opened: [] } });
  return (
    <>
      <Words
        title="Step by step"
        about="Each step draws a group and moves the policy a little towards what the judge prefers in it. The same settings give the same steps, so that you can go back."
      >
        <StateSlider of="learningRate" label="learning rate" min={0.001} max={0.2} step={0.001} digits={3} />
        <StateSlider of="temperature" label="temperature τ" min={0.05} max={5} step={0.05} />
        <StateSlider of="imitation" label="imitation weight" min={0} max={3} step={0.1} digits={1} />
        <StateSlider
          of="refreshEvery"
          label="steps between copies of the policy that is sampled"
          min={1}
          max={300}
          step={1}
          digits={0}
        />
        <StateSlider of="rounds" label="rounds of fresh feedback" min={0} max={4} step={1} digits={0} />
        {state.rounds > 0 && (
          <StateSlider of="roundEvery" label="one every so many steps" min={10} max={100} step={5} digits={0} />
        )}
        <SpaceChoice />
      </Words>
      <div class="figures">
        <Card title={`Step ${state.step}`}>
          <div class="row">
            <Button onClick={() => set({ step: 0, phase: 0 })} disabled={state.step === 0 && state.phase === 0}>
              Rewind
            </Button>
            <Button onClick={() => set({ step: Math.max(0, state.step - 1), phase: 0 })} disabled={state.step === 0}>
              Step back
            </Button>
            <Button first onClick={() => setSpeed(speed === "stop" ? "play" : "stop")} disabled={state.step >= LAST}>
              {speed === "stop" ? "Play" : "Stop"}
            </Button>
            <Button onClick={() => setSpeed("slow")} disabled={speed === "slow" || state.step >= LAST}>
              Slow motion
            </Button>
            <Button onClick={() => set(nextMove(lab))} disabled={state.step >= LAST}>
              Next move
            </Button>
            <Button
              onClick={() => set({ step: Math.min(LAST, state.step + 1), phase: 0 })}
              disabled={state.step >= LAST}
            >
              Step
            </Button>
            <Button onClick={() => set({ step: 150, phase: 0 })}>To 150</Button>
          </div>
          <p style={{ height: "0.6rem" }} />
          <StateSlider of="step" label="step" min={0} max={LAST} step={1} digits={0} />
          <p style={{ height: "0.6rem" }} />
          <ol class="phases">
            {PHASES.map((phase, at) => (
              <li
                key={phase}
                class={at < state.phase ? "done" : ""}
                aria-current={at === state.phase ? "step" : undefined}
              >
                {phase}
                <br />
                <span class="note">{MOVES[phase]}</span>
              </li>
            ))}
          </ol>
        </Card>
        <CurvesOverTime lab={lab} />
        {state.space === "group" && view.rows.length > 0 && (
          <Card title={`The group of step ${step}`}>
            <GroupTable
              view={view}
              lists={lists}
              state={state}
              phase={state.phase === 0 && speed === "stop" ? 6 : state.phase}
            />
          </Card>
        )}
        {view.rows.length > 0 && <GroupFacts view={view} state={state} />}
      </div>
    </>
  );
}

/** The next of the seven moves, or the first of the next step. */
function nextMove({ state }: Lab) {
  return state.phase < PHASES.length - 1
    ? { phase: state.phase + 1 }
    : { step: Math.min(LAST, state.step + 1), phase: 0 };
}

/** Levels with their names, where the truth may be shown. */
export function namedLevels(levels: Levels, isTruthHidden: boolean) {
  return isTruthHidden
    ? []
    : [
        { name: "best list", value: levels.oracle },
        { name: "truth of π_ref", value: levels.referenceTruth },
      ];
}

/** Steps that are drawn: all that are known, in fifties. */
const stepsDrawn = ({ state, training }: Lab) =>
  Math.max(50, Math.ceil(Math.max(training.frontier, state.step) / 50) * 50);

/** Expected rewards over time, by the judge and in truth. */
export function Expectations({ lab }: { readonly lab: Lab }) {
  const { state, training, step } = lab;
  const levels = training.levels(training.moment(step));
  const curves = training.curves(training.frontier);
  const truthLine = { name: "truth, E[r]", values: curves.map((own) => own.expectedTruth), kind: "truth" } as const;
  return (
    <Card title="What the policy expects">
      <Curves
        title="Expected rewards over steps"
        lines={[
          { name: "the judge's opinion, E[r̂]", values: curves.map((own) => own.expectedJudge), kind: "judge" },
          ...(state.truthHidden ? [] : [truthLine]),
        ]}
        levels={namedLevels(levels, state.truthHidden)}
        steps={stepsDrawn(lab)}
        now={step}
      />
    </Card>
  );
}

function CurvesOverTime({ lab }: { readonly lab: Lab }) {
  const { state, training, step } = lab;
  const moment = training.moment(step);
  const curves = training.curves(training.frontier);
  const levels = training.levels(moment);
  const { expectedJudge, expectedTruth, divergence, entropy, hit } = moment.curves;
  const steps = stepsDrawn(lab);
  return (
    <>
      <Expectations lab={lab} />
      <Facts>
        {!state.truthHidden && (
          <Fact label="expected truth">
            <Num
              value={expectedTruth}
              name="Expected truth"
              formula="Σ π(l) r(l) over all lists"
              filled={`${written((100 * expectedTruth) / levels.oracle, 1)}% of the best list's ${written(levels.oracle)}`}
            />
          </Fact>
        )}
        <Fact label="expected r̂">
          <Num value={expectedJudge} name="Expected r̂" formula="Σ π(l) r̂(l) over all lists" />
        </Fact>
        <Fact label="KL(π_ref ‖ π)">
          <Num
            value={divergence}
            name="Divergence from the reference"
            formula="Σ π_ref log(π_ref / π) over all lists"
          />
        </Fact>
        <Fact label="entropy">
          <Num
            value={entropy}
            name="Entropy"
            formula="−Σ π log π"
            filled={`at most log 120 = ${written(Math.log(120))}`}
          />
        </Fact>
        <Fact label="H against the log">
          <Num
            value={hit}
            name="H against the log"
            formula="share of the log's likes that the likeliest list has at the same place"
          />
        </Fact>
      </Facts>
      <Card title="How far it is from the reference, and how decided">
        <Curves
          title="Divergence and entropy over steps"
          lines={[
            { name: "KL(π_ref ‖ π)", values: curves.map((own) => own.divergence), kind: "judge" },
            { name: "entropy of π", values: curves.map((own) => own.entropy), kind: "truth" },
          ]}
          steps={steps}
          now={step}
          height={190}
        />
      </Card>
      {state.start === "imitation" && (
        <Card title="Hits against the log">
          <Curves
            title="H against the log over steps"
            lines={[{ name: "H against the log", values: curves.map((own) => own.hit), kind: "judge" }]}
            steps={steps}
            now={step}
            height={170}
          />
        </Card>
      )}
    </>
  );
}
