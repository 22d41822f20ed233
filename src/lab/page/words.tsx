/** The words of a panel: its title, what it is about, the lesson's step, and its settings. */
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { LESSON, LESSON_MINUTES, minutesLeft } from "../lesson.ts";
import { Button, Choice, LinkButton } from "./parts.tsx";
import { useLab } from "./store.ts";

export function Words({
  title,
  about,
  children,
}: {
  readonly title: string;
  readonly about: ComponentChildren;
  readonly children?: ComponentChildren;
}) {
  // Beside the figures there is room for the settings; above them they would hide the figures.
  const isWide = useWide();
  return (
    <div class="words">
      <h2>{title}</h2>
      <p>{about}</p>
      <Lesson />
      {children !== undefined && (
        <details class="fold" open={isWide}>
          <summary>Settings</summary>
          <div class="settings">{children}</div>
        </details>
      )}
    </div>
  );
}

/** Whether there are two columns; it follows the window. */
function useWide(): boolean {
  const [query] = useState(() => matchMedia("(min-width: 64rem)"));
  const [isWide, setWide] = useState(query.matches);
  useEffect(() => {
    const look = () => setWide(query.matches);
    query.addEventListener("change", look);
    return () => query.removeEventListener("change", look);
  }, [query]);
  return isWide;
}

/** The lesson where it has come to, or the way back to it. */
function Lesson() {
  const { state, set } = useLab();
  const { lesson } = state;
  const go = (to: number) => {
    const { tab, setting } = LESSON[to];
    set({ ...setting, tab, lesson: to });
  };
  if (lesson >= LESSON.length) {
    return (
      <p class="note">
        The lesson is done. <LinkButton onClick={() => set({ tab: "exercises" })}>To the exercises</LinkButton>, or{" "}
        <LinkButton onClick={() => go(0)}>once more from the start</LinkButton>.
      </p>
    );
  }
  const { tab, title, text, task } = LESSON[lesson];
  if (tab !== state.tab) {
    return (
      <p class="note">
        <LinkButton onClick={() => go(lesson)}>
          Back to the lesson, step {lesson + 1} of {LESSON.length}
        </LinkButton>
      </p>
    );
  }
  const isLast = lesson === LESSON.length - 1;
  return (
    <section class="lesson" aria-label="Lesson">
      <span class="count">
        Lesson, step {lesson + 1} of {LESSON.length}: {minutesLeft(lesson)} of {LESSON_MINUTES} minutes left
      </span>
      <h3>{title}</h3>
      <p>{text}</p>
      <p class="do">{task}</p>
      <div class="row">
        <Button onClick={() => go(lesson - 1)} disabled={lesson === 0}>
          Back
        </Button>
        <Button first onClick={() => (isLast ? set({ lesson: LESSON.length, tab: "exercises" }) : go(lesson + 1))}>
          {isLast ? "To the exercises" : "Next"}
        </Button>
      </div>
    </section>
  );
}

/** What a link does in the page, in the place of being followed. */
export function followTo(work: () => void): (event: Event) => void {
  return (event) => {
    event.preventDefault();
    work();
  };
}

/** Things to pick one of by name, each a link to the page that shows it. */
export function Picks({
  kind,
  names,
  chosen,
  addressOf,
  onPick,
}: {
  /** What each is called, such as `exercise`. */
  readonly kind: string;
  readonly names: readonly string[];
  /** Its number, from 1; 0 for none. */
  readonly chosen: number;
  addressOf(number: number): string;
  onPick(number: number): void;
}) {
  return (
    <ol class="picks" aria-label={`${kind[0].toUpperCase()}${kind.slice(1)}s`}>
      {names.map((name, at) => (
        <li key={name}>
          <a
            href={addressOf(at + 1)}
            aria-current={at + 1 === chosen ? "true" : undefined}
            onClick={followTo(() => onPick(at + 1))}
          >
            <small>
              {kind} {at + 1}
            </small>
            {name}
          </a>
        </li>
      ))}
    </ol>
  );
}

/** Whether a step of training compares a group of lists, or all there are. */
export function SpaceChoice() {
  const { state, set } = useLab();
  return (
    <Choice
      label="a step compares"
      options={[
        ["group", "a sampled group"],
        ["all", "all lists"],
      ]}
      value={state.space}
      onChange={(space) => set({ space })}
    />
  );
}
