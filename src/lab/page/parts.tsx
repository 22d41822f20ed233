/** Parts that panels share: numbers that answer with their formula, items and lists, sliders and choices. */
import type { ComponentChildren } from "preact";
import type { LabState } from "../state.ts";
import { listAt } from "../world.ts";
import { useLab } from "./store.ts";

/** A number as it is written, with a true minus. */
export function written(value: number, digits = 2): string {
  const text = Number.isFinite(value) ? value.toFixed(digits) : "–";
  return /^-0(\.0*)?$/.test(text) ? text.slice(1) : text.replace("-", "−");
}

interface NumProps {
  readonly value: number;
  readonly digits?: number;
  /** What it is, in words. */
  readonly name: string;
  /** Such as `z = (r̂ − mean) / deviation`. */
  readonly formula: string;
  /** The same with numbers. */
  readonly filled?: string;
  readonly percent?: boolean;
  /** Among others, of which arrow keys reach all: no stop of its own for Tab. */
  readonly inTable?: boolean;
}

/** A number that tells, when it is pointed at or focused, how it comes about. */
export function Num({ value, digits = 2, name, formula, filled, percent = false, inTable = false }: NumProps) {
  const text = percent ? `${written(100 * value, digits)}%` : written(value, digits);
  return (
    <span
      class="num"
      tabIndex={inTable ? -1 : 0}
      data-name={name}
      data-formula={formula}
      data-filled={filled ?? ""}
      data-value={String(value)}
    >
      {text}
    </span>
  );
}

/** Glyphs of the three topics, which need no colour to be told apart. */
export const TOPIC_GLYPHS = ["●", "▲", "■"] as const;

export function Item({ item }: { readonly item: number }) {
  const { names, topics } = useLab().state;
  return (
    <span class="item">
      <span class="topic" aria-hidden="true">
        {TOPIC_GLYPHS[topics[item]]}
      </span>
      {names[item]}
    </span>
  );
}

export function List({ index }: { readonly index: number }) {
  return (
    <span class="list">
      {[...listAt(index)].map((item) => (
        <Item key={item} item={item} />
      ))}
    </span>
  );
}

/** A list's items in a line of text. */
export function useListName(): (index: number) => string {
  const { names } = useLab().state;
  return (index) => [...listAt(index)].map((item) => names[item]).join(" › ");
}

type NumberKey = { [Key in keyof LabState]: LabState[Key] extends number ? Key : never }[keyof LabState];

interface SliderProps {
  readonly label: string;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly value: number;
  readonly digits?: number;
  /** In the place of the value. */
  readonly shown?: string;
  onChange(value: number): void;
}

export function Slider({ label, min, max, step, value, digits = 2, shown, onChange }: SliderProps) {
  return (
    <label class="slider">
      <span>{label}</span>
      <output>{shown ?? written(value, digits)}</output>
      <input
        type="range"
        min={min}
        max={max}
        step={step}
        value={value}
        aria-valuetext={shown}
        onInput={({ currentTarget }) => onChange(Number(currentTarget.value))}
      />
    </label>
  );
}

/** A slider of one number of the state. */
export function StateSlider({ of, ...props }: { readonly of: NumberKey } & Omit<SliderProps, "value" | "onChange">) {
  const { state, set } = useLab();
  return <Slider {...props} value={state[of]} onChange={(value) => set({ [of]: value })} />;
}

interface ChoiceProps<Name extends string> {
  readonly label: string;
  readonly options: readonly (readonly [name: Name, text: string])[];
  readonly value: Name;
  onChange(name: Name): void;
}

export function Choice<Name extends string>({ label, options, value, onChange }: ChoiceProps<Name>) {
  return (
    <fieldset class="choice">
      <legend>{label}</legend>
      <div class="options">
        {options.map(([name, text]) => (
          <label key={name}>
            <input type="radio" name={label} checked={name === value} onChange={() => onChange(name)} />
            {text}
          </label>
        ))}
      </div>
    </fieldset>
  );
}

export function Switch({
  label,
  checked,
  onChange,
}: {
  readonly label: string;
  readonly checked: boolean;
  onChange(checked: boolean): void;
}) {
  return (
    <label class="switch">
      <input type="checkbox" checked={checked} onChange={({ currentTarget }) => onChange(currentTarget.checked)} />
      <span>{label}</span>
    </label>
  );
}

export function Button({
  children,
  onClick,
  first = false,
  disabled = false,
  pressed,
}: {
  readonly children: ComponentChildren;
  onClick(): void;
  readonly first?: boolean;
  readonly disabled?: boolean;
  readonly pressed?: boolean;
}) {
  return (
    <button
      type="button"
      class={first ? "button first" : "button"}
      onClick={onClick}
      disabled={disabled}
      aria-pressed={pressed}
    >
      {children}
    </button>
  );
}

/** A button in a line of text. */
export function LinkButton({ children, onClick }: { readonly children: ComponentChildren; onClick(): void }) {
  return (
    <button type="button" class="link" onClick={onClick}>
      {children}
    </button>
  );
}

/** A bar from 0 to `most`. */
export function Bar({
  value,
  most = 1,
  plain = false,
}: {
  readonly value: number;
  readonly most?: number;
  readonly plain?: boolean;
}) {
  const share = most > 0 ? Math.max(0, Math.min(1, value / most)) : 0;
  return (
    <span class={plain ? "bar plain" : "bar"} aria-hidden="true">
      <i style={{ width: `${100 * share}%` }} />
    </span>
  );
}

export function Card({ title, children }: { readonly title: string; readonly children: ComponentChildren }) {
  return (
    <section class="card">
      <h3>{title}</h3>
      {children}
    </section>
  );
}

/** Large numbers with what they are. */
export function Facts({ children }: { readonly children: ComponentChildren }) {
  return <dl class="facts">{children}</dl>;
}

export function Fact({ label, children }: { readonly label: string; readonly children: ComponentChildren }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}
