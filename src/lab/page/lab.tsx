/** The page: its frame, the way through the panels, the lesson, and the line that shows formulas. */
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { pearsonCorrelation } from "../../evaluation/index.ts";
import { EXERCISES } from "../exercises.ts";
import { EXHIBITS } from "../exhibits.ts";
import { FIRST_STATE, groupSizeOf, type LabState, TABS, type Tab } from "../state.ts";
import { writeFragment } from "../url.ts";
import { ExactPanel } from "./exact.tsx";
import { ExercisesPanel } from "./exercises.tsx";
import { FailuresPanel } from "./failures.tsx";
import { GeneratorPanel } from "./generator.tsx";
import { GroupPanel } from "./group.tsx";
import { JudgePanel } from "./judge.tsx";
import { KernelPanel } from "./kernel.tsx";
import { Button, written } from "./parts.tsx";
import { type Lab, LabProvider, useLabState } from "./store.ts";
import { TheoremPanel } from "./theorem.tsx";
import { TimePanel } from "./time.tsx";
import { WorldPanel } from "./world.tsx";

const PANELS: Readonly<Record<Tab, { readonly name: string; readonly panel: () => preact.JSX.Element }>> = {
  world: { name: "World", panel: WorldPanel },
  judge: { name: "Judge", panel: JudgePanel },
  group: { name: "Group", panel: GroupPanel },
  generator: { name: "Generator", panel: GeneratorPanel },
  time: { name: "Time", panel: TimePanel },
  exact: { name: "Exact", panel: ExactPanel },
  kernel: { name: "Kernel", panel: KernelPanel },
  theorem: { name: "Theorem 1", panel: TheoremPanel },
  failures: { name: "Failures", panel: FailuresPanel },
  exercises: { name: "Exercises", panel: ExercisesPanel },
};

/** The number under each panel's name. */
function captions({ state, training, step }: Lab): Partial<Record<Tab, string>> {
  // The first frame comes before the judge has learned.
  if (training.frontier < 0) return {};
  const moment = training.moment(step);
  const correlation = pearsonCorrelation(training.truth, moment.rewards) ?? 0;
  const { expectedTruth, entropy } = moment.curves;
  const truth = state.truthHidden ? "truth hidden" : `E[r] ${written(expectedTruth)}`;
  return {
    world: `best ${written(training.levels(moment).oracle)}`,
    judge: state.truthHidden ? "r̂" : `ρ ${written(correlation)}`,
    group: `${groupSizeOf(state)} lists`,
    generator: `H ${written(entropy)}`,
    time: `step ${step}: ${truth}`,
    exact: "120 lists",
    kernel: "Eq. 4, 5",
    theorem: `k = ${state.mixture}`,
    failures: `${EXHIBITS.length} exhibits`,
    exercises: `${EXERCISES.length} tasks`,
  };
}

function Page() {
  const { lab, problem } = useLabState();
  const { state } = lab;
  useEffect(() => {
    if (state.theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = state.theme;
  }, [state.theme]);
  const { panel: Panel } = PANELS[state.tab];
  const texts = captions(lab);
  const isBroad = state.tab === "kernel" || state.tab === "group";
  return (
    <LabProvider value={lab}>
      <div class="shell">
        <header class="top">
          <h1>Group Lab</h1>
          <p class="sub">See a list-wise ranker learn, and touch every number.</p>
          <div class="tools">
            <Button onClick={() => lab.set({ ...FIRST_STATE, theme: state.theme })}>Start anew</Button>
            <ThemeButton theme={state.theme} onChange={(theme) => lab.set({ theme })} />
          </div>
        </header>
        <nav aria-label="Panels">
          <div class="tabs">
            {TABS.map((tab) => (
              <a
                key={tab}
                href={writeFragment({ ...state, tab }) || "#"}
                aria-current={tab === state.tab ? "page" : undefined}
                onClick={(event) => {
                  event.preventDefault();
                  lab.set({ tab });
                }}
              >
                {PANELS[tab].name}
                <small>{texts[tab] ?? "…"}</small>
              </a>
            ))}
          </div>
        </nav>
        <main class={isBroad ? "panel broad" : "panel"} id="panel">
          {problem !== undefined && (
            <p class="problem" role="alert">
              The address could not be read ({problem}). This is the lab as it is at first.
            </p>
          )}
          {state.truthHidden && SHOWS_TRUTH.includes(state.tab) ? <HiddenTruth lab={lab} /> : <Panel />}
        </main>
      </div>
      <FormulaLine />
    </LabProvider>
  );
}

/** Panels that are about the truth, and have nothing to show while an exercise hides it. */
const SHOWS_TRUTH: readonly Tab[] = ["world", "exact"];

function HiddenTruth({ lab: { set } }: { readonly lab: Lab }) {
  return (
    <div class="words">
      <h2>The truth is hidden</h2>
      <p>The exercise that you are at is to be solved without it.</p>
      <div class="row">
        <Button first onClick={() => set({ tab: "exercises" })}>
          Back to the exercise
        </Button>
        <Button onClick={() => set({ truthHidden: false })}>Show the truth</Button>
      </div>
    </div>
  );
}

function ThemeButton({
  theme,
  onChange,
}: {
  readonly theme: LabState["theme"];
  onChange(theme: LabState["theme"]): void;
}) {
  const isDark = theme === "dark" || (theme === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
  return <Button onClick={() => onChange(isDark ? "light" : "dark")}>{isDark ? "Light" : "Dark"}</Button>;
}

/** Where the number that is pointed at, or focused, tells its formula. */
function FormulaLine() {
  const [shown, setShown] = useState<DOMStringMap | undefined>(undefined);
  useEffect(() => {
    const show = ({ target }: Event) => {
      const own = target instanceof Element ? target.closest<HTMLElement>(".num") : null;
      if (own !== null) setShown({ ...own.dataset, text: own.textContent ?? "" });
    };
    const move = (event: KeyboardEvent) => moveAmongNumbers(event);
    for (const kind of ["pointerover", "focusin", "click"]) document.addEventListener(kind, show);
    document.addEventListener("keydown", move);
    return () => {
      for (const kind of ["pointerover", "focusin", "click"]) document.removeEventListener(kind, show);
      document.removeEventListener("keydown", move);
    };
  }, []);
  return (
    <section class="formula" aria-label="Formula of the number in focus">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it may scroll */}
      <div aria-live="polite" tabIndex={0}>
        {shown === undefined ? (
          "Point at a number, or move to it with the keyboard: its formula appears here."
        ) : (
          <>
            <b>{shown.name}</b> <code>{shown.formula}</code>
            {shown.filled !== "" && (
              <>
                {" "}
                = <code>{shown.filled}</code>
              </>
            )}{" "}
            = <strong>{shown.text}</strong>
          </>
        )}
      </div>
    </section>
  );
}

/** In a table, arrow keys go from number to number. */
function moveAmongNumbers(event: KeyboardEvent): void {
  const { target, key } = event;
  if (!(target instanceof HTMLElement) || !target.matches("[data-roving] .num")) return;
  const all = [...(target.closest("[data-roving]")?.querySelectorAll<HTMLElement>(".num") ?? [])];
  const inRow = target.closest("tr, li")?.querySelectorAll(".num").length ?? 1;
  const moves: Readonly<Record<string, number>> = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: inRow, ArrowUp: -inRow };
  const next = moves[key] === undefined ? undefined : all[all.indexOf(target) + moves[key]];
  if (next === undefined) return;
  event.preventDefault();
  next.focus();
}

const root = document.getElementById("lab");
if (root !== null) {
  root.replaceChildren();
  render(<Page />, root);
  requestAnimationFrame(() => performance.mark("lab shown"));
}
