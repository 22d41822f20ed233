/** The kernel to be read: formula, TypeScript and WGSL side by side, and one row run through them. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import {
  BUGS,
  bugLine,
  checkKernel,
  type Frame,
  plantBug,
  readKernel,
  runRow,
  type SourceLine,
  STAGES,
  type Stage,
} from "../kernel.ts";
import { viewGroup } from "../objective.ts";
import { scored } from "../training.ts";
import { Button, Card, Num, Slider, StateSlider, written } from "./parts.tsx";
import { useLab } from "./store.ts";
import { Words } from "./words.tsx";

/** The operation's file, put here when the page is built. */
declare const KERNEL_SOURCE: string;

const KERNEL = readKernel(KERNEL_SOURCE);

const FORMULAS: Readonly<Record<Stage, readonly string[]>> = {
  moments: ["mean = Σ r / n", "std = √(Σ (r − mean)² / n)"],
  spread: ["max r − min r ≤ minimum spread ?", "then loss = 0, π_ref = 0"],
  scale: ["z / τ = (r − mean) / (std · τ)", "scale = 1 / (τ · std)"],
  total: ["Σ exp((r − max r) · scale)", "softmax does not see the mean"],
  policy: ["π_ref = exp(z / τ) / Σ exp(z / τ)", "loss = − Σ π_ref log π_θ"],
  gradient: ["∂ loss / ∂ log π_θ = − π_ref"],
};

export function KernelPanel() {
  const { state, set, training, step } = useLab();
  const moment = training.moment(step);
  const lists = scored(moment.group, moment.rewards, moment.logs)
    .filter(({ isDistinct }) => isDistinct)
    .slice(0, 12);
  const rewards = lists.map(({ reward }) => reward);
  const logs = lists.map(({ logProbability }) => logProbability);
  const attributes = {
    temperature: state.temperature,
    isStandardised: state.normalisation !== "none",
    minimumSpread: state.minimumSpread,
  };
  const run = runRow(rewards, logs, attributes, state.bug);
  const key = JSON.stringify([rewards, logs, attributes, state.bug]);
  const checks = useMemo(() => checkKernel(rewards, logs, attributes, state.bug), [key]);
  const at = Math.min(state.cursor, run.frames.length - 1);
  const frame = run.frames[at];
  const isExercise = state.exercise === 7;
  return (
    <>
      <Words
        title="Read the kernel"
        about="Eq. 4 and 5 are one operation of the library: the formula, its TypeScript, which is the reference, and its WGSL, which runs on a GPU. All that stands here is the library's own source."
      />
      <div class="figures">
        <section class="card settings">
          <h3>One row of {lists.length} lists, run</h3>
          <Slider
            label={`${frame?.stage ?? ""}${frame?.list === undefined ? "" : `, list ${frame.list + 1}`}`}
            shown={`${at + 1} of ${run.frames.length}`}
            min={0}
            max={run.frames.length - 1}
            step={1}
            digits={0}
            value={at}
            onChange={(cursor) => set({ cursor })}
          />
          <div class="row">
            {STAGES.map((stage) => (
              <Button
                key={stage}
                pressed={stage === frame?.stage}
                onClick={() =>
                  set({
                    cursor: Math.max(
                      0,
                      run.frames.findIndex((own) => own.stage === stage),
                    ),
                  })
                }
              >
                {stage}
              </Button>
            ))}
          </div>
          {frame !== undefined && (
            <Variables
              frame={frame}
              reward={frame.list === undefined ? undefined : rewards[frame.list]}
              log={frame.list === undefined ? undefined : logs[frame.list]}
            />
          )}
        </section>
        <div class="columns">
          <section class="code">
            <h3>Formula</h3>
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it may scroll */}
            <ol class="formulas" tabIndex={0}>
              {STAGES.map((stage) => (
                <li key={stage} class={stage === frame?.stage ? "now-running" : ""}>
                  {FORMULAS[stage].map((line) => (
                    <div key={line}>{line}</div>
                  ))}
                </li>
              ))}
            </ol>
          </section>
          <Code
            title="TypeScript, the reference"
            lines={plantBug(KERNEL, state.bug)}
            stage={frame?.stage}
            {...(isExercise && {
              picked:
                state.answers[0] === `bug ${state.bug}`
                  ? bugLine(KERNEL, state.bug)
                  : Number(state.answers[0]?.replace("line ", "")),
              onPick: (line: number) =>
                set({ answers: [line === bugLine(KERNEL, state.bug) ? `bug ${state.bug}` : `line ${line}`] }),
            })}
          />
          <Code title="WGSL, on a GPU" lines={KERNEL.wgsl} stage={frame?.stage} />
        </div>
        <div class="two">
          <section class="card settings">
            <h3>Change it</h3>
            <StateSlider of="temperature" label="temperature τ" min={0.05} max={5} step={0.05} />
            <StateSlider of="minimumSpread" label="minimum spread" min={0} max={1} step={0.01} />
            {!isExercise && (
              <label class="note">
                break a line
                <select value={state.bug} onChange={({ currentTarget }) => set({ bug: Number(currentTarget.value) })}>
                  <option value={0}>leave it as it is</option>
                  {BUGS.map(({ to }, n) => (
                    <option key={to} value={n + 1}>
                      {to}
                    </option>
                  ))}
                </select>
              </label>
            )}
            {isExercise && (
              <p class="note">
                This is exercise 7: click the line of the TypeScript that is wrong, then go back to Exercises.
              </p>
            )}
          </section>
          <section class="card settings">
            <h3>Two checks</h3>
            <p class={checks.gradcheck === undefined ? "lamp" : "lamp off"}>
              gradcheck:{" "}
              {checks.gradcheck === undefined ? "loss and gradient agree" : "loss and gradient contradict each other"}
            </p>
            {checks.gradcheck !== undefined && <p class="note">{checks.gradcheck}</p>}
            <p class={checks.difference < 1e-9 ? "lamp" : "lamp off"}>
              against the library: {checks.difference < 1e-9 ? "the same numbers" : "other numbers, by up to "}
              {checks.difference >= 1e-9 && (
                <Num
                  value={checks.difference}
                  digits={4}
                  name="Greatest difference"
                  formula="max |own − library's| of loss and π_ref"
                />
              )}
            </p>
            <p class="note">
              A line can be wrong in loss and gradient alike. Then gradcheck is content, and only the comparison finds
              it.
            </p>
            <OnGpu />
          </section>
        </div>
        <Card title="What comes out">
          <table data-roving>
            <thead>
              <tr>
                <th scope="col">list</th>
                <th scope="col">r̂</th>
                <th scope="col">log π</th>
                <th scope="col">π_ref</th>
                <th scope="col">gradient</th>
              </tr>
            </thead>
            <tbody>
              {lists.map(({ reward, logProbability }, n) => (
                <tr key={n}>
                  <td>{n + 1}</td>
                  <td>
                    <Num value={reward} inTable={n > 0} name="Reward" formula="r̂" />
                  </td>
                  <td>
                    <Num value={logProbability} inTable name="Log-probability" formula="log π_θ over all lists" />
                  </td>
                  <td>
                    <Num
                      value={run.policy[n]}
                      digits={4}
                      inTable
                      name="π_ref of this kernel"
                      formula="probability"
                      filled={
                        state.bug === 0
                          ? `library: ${written(viewGroup(lists, { ...state, objective: "goalrank", normalisation: state.normalisation === "none" ? "none" : "group" }, logs).rows[n].reference, 4)}`
                          : ""
                      }
                    />
                  </td>
                  <td>
                    <Num value={run.gradient[n]} digits={4} inTable name="Gradient" formula="−π_ref" />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Card>
      </div>
    </>
  );
}

/** What the variables hold at a moment. */
function Variables({
  frame,
  reward,
  log,
}: {
  readonly frame: Frame;
  readonly reward: number | undefined;
  readonly log: number | undefined;
}) {
  const values = {
    ...(reward !== undefined && { "r[i]": reward }),
    ...(log !== undefined && { "log π[i]": log }),
    ...frame.variables,
  };
  return (
    <dl class="variables">
      {Object.entries(values).map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            <Num
              value={value}
              digits={Number.isInteger(value) ? 0 : 4}
              inTable={name !== Object.keys(values)[0]}
              name={name}
              formula={`the variable ${name} at this moment`}
            />
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** One column of code; the lines of the running stage are marked and kept in view. */
function Code({
  title,
  lines,
  stage,
  picked,
  onPick,
}: {
  readonly title: string;
  readonly lines: readonly SourceLine[];
  readonly stage: Stage | undefined;
  readonly picked?: number;
  onPick?(line: number): void;
}) {
  const ref = useRef<HTMLOListElement>(null);
  useEffect(() => {
    const list = ref.current;
    const first = list?.querySelector<HTMLElement>(".now-running");
    if (list !== null && first) list.scrollTop = first.offsetTop - list.offsetTop - 40;
  }, [stage]);
  return (
    <section class="code">
      <h3>{title}</h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it may scroll */}
      <ol ref={ref} tabIndex={0} aria-label={title}>
        {lines.map((line, n) => (
          <li
            key={n}
            class={`${line.stage !== undefined && line.stage === stage ? "now-running" : ""}${n === picked ? " picked" : ""}`}
          >
            {onPick === undefined || line.text.trim() === "" ? (
              line.text || " "
            ) : (
              <button type="button" aria-label={`Line ${n + 1}: ${line.text.trim()}`} onClick={() => onPick(n)}>
                {line.text}
              </button>
            )}
          </li>
        ))}
      </ol>
    </section>
  );
}

/** Runs the WGSL on this machine's own GPU, where there is one, beside the TypeScript. */
function OnGpu() {
  const { state, training, step } = useLab();
  const [says, setSays] = useState("");
  const run = async () => {
    setSays("Looking for a GPU …");
    const { compareOnGpu } = await import("../gpu.ts");
    const { group, rewards, logs } = training.moment(step);
    setSays(await compareOnGpu(scored(group, rewards, logs), state));
  };
  return (
    <div class="row">
      <Button onClick={() => void run()}>Run the WGSL on this machine's GPU</Button>
      <span class="note" role="status">
        {says}
      </span>
    </div>
  );
}
