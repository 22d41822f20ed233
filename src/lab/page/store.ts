/** The page's state: kept in the address, changed by patches, and the training that belongs to it. */
import { createContext } from "preact";
import { useCallback, useContext, useEffect, useMemo, useReducer, useRef, useState } from "preact/hooks";
import { FIRST_STATE, type LabState, labSchema } from "../state.ts";
import { TRAINING_KEYS, Training } from "../training.ts";
import { readFragment, writeFragment } from "../url.ts";

/** What every panel can read and do. */
export interface Lab {
  readonly state: LabState;
  /** Changes some of the state; what leaves its range is refused as a whole. */
  set(patch: Partial<LabState>): void;
  /** The training of the state, which remembers its steps. */
  readonly training: Training;
  /** The last step that is known, at most the state's. */
  readonly step: number;
}

const LabContext = createContext<Lab | undefined>(undefined);
export const LabProvider = LabContext.Provider;

/** The lab that the panel is in. */
export function useLab(): Lab {
  const lab = useContext(LabContext);
  if (lab === undefined) throw new Error("lab: a panel was drawn outside of the page");
  return lab;
}

const WRITE_DELAY = 150;
/** Milliseconds of a frame that training may take. */
const FRAME_BUDGET = 10;

/** The page's one state. */
export function useLabState(): { readonly lab: Lab; readonly problem: string | undefined } {
  const [first] = useState(() => readFragment(location.hash));
  const [problem, setProblem] = useState(first.problem);
  const [state, set] = useReducer((before: LabState, patch: Partial<LabState>) => {
    const next = labSchema.safeParse({ ...before, ...patch });
    return next.success ? next.data : before;
  }, first.state);
  const written = useRef(location.hash);
  useEffect(() => {
    const timer = setTimeout(() => {
      const fragment = writeFragment(state);
      if (fragment === written.current) return;
      written.current = fragment;
      history.replaceState(null, "", fragment === "" ? location.pathname + location.search : fragment);
    }, WRITE_DELAY);
    return () => clearTimeout(timer);
  }, [state]);
  useEffect(() => {
    const read = () => {
      if (location.hash === written.current) return;
      written.current = location.hash;
      const own = readFragment(location.hash);
      setProblem(own.problem);
      set({ ...FIRST_STATE, ...own.state });
    };
    addEventListener("hashchange", read);
    return () => removeEventListener("hashchange", read);
  }, []);
  const { training, step } = useTraining(state);
  const lab = useMemo(() => ({ state, set, training, step }), [state, training, step]);
  return { lab, problem };
}

/** The training for a state, computed up to its step, a little in every frame. */
export function useTraining(state: LabState): { readonly training: Training; readonly step: number } {
  const key = JSON.stringify(TRAINING_KEYS.map((name) => state[name]));
  const training = useMemo(() => new Training(state), [key]);
  useEffect(() => () => training.dispose(), [training]);
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const isBehind = training.frontier < state.step;
  const work = useCallback(() => {
    const until = performance.now() + FRAME_BUDGET;
    while (training.frontier < state.step && performance.now() < until) measure("lab step", () => training.advance());
    redraw(undefined);
  }, [training, state.step]);
  useEffect(() => {
    if (!isBehind) return;
    const frame = requestAnimationFrame(work);
    return () => cancelAnimationFrame(frame);
  });
  return { training, step: Math.max(0, Math.min(state.step, training.frontier)) };
}

/** Does some work and leaves how long it took where benchmarks and the browser's own tools find it. */
function measure(name: string, work: () => void): void {
  const start = performance.now();
  work();
  performance.measure(name, { start, end: performance.now() });
}

/** The width of an element that is drawn, for figures that must know it. */
export function useWidth(first = 640) {
  const ref = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(first);
  useEffect(() => {
    const element = ref.current;
    if (element === null) return;
    const watch = new ResizeObserver(([entry]) => setWidth(Math.max(240, Math.floor(entry.contentRect.width))));
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  return { ref, width };
}
