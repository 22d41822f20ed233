/** How a column's values are times: as the readers take them, or in one of the formats that people write. */
import { timeOfText } from "../../data/readers/dates.ts";
import { TimeFormat } from "../../data/readers/time-format.ts";
import type { ColumnFacts } from "./column-facts.ts";

/** How a column is read as times. */
export interface TimeReading {
  /** Undefined where times are numbers or dates of ISO 8601. */
  readonly format: string | undefined;
  /** Another format that all values have too: whether 02/03 is in February or in March. */
  readonly otherFormat: string | undefined;
  /** Whether the values are dates, or numbers as large as the seconds since 1970 are. */
  readonly isSure: boolean;
}

const DAYS = [
  "%d/%m/%Y",
  "%m/%d/%Y",
  "%d.%m.%Y",
  "%d-%m-%Y",
  "%m-%d-%Y",
  "%Y/%m/%d",
  "%d %b %Y",
  "%b %d, %Y",
  "%d-%b-%Y",
];
const CLOCKS = ["", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M:%S %p", " %I:%M %p"];
const OTHERS = ["%a %b %d %H:%M:%S %z %Y", "%Y-%m-%d %H", "%Y%m%dT%H%M%S%z", "%d/%b/%Y:%H:%M:%S %z"];

const FORMATS = [...DAYS.flatMap((day) => CLOCKS.map((clock) => `${day}${clock}`)), ...OTHERS].map((text) => ({
  text,
  format: new TimeFormat(text),
}));

/** Seconds since 1970 from 1973 on, or a finer unit. */
const LEAST_SURE = 1e8;

/** How all values of a column are times; undefined where they are not. */
export function readingOfTimes({ values }: ColumnFacts): TimeReading | undefined {
  const all = values.filter((value) => value !== "");
  if (all.length === 0) return undefined;
  const times = all.map((value) => timeOfText(value));
  if (times.every(Number.isFinite)) {
    return { format: undefined, otherFormat: undefined, isSure: times.every((time) => time >= LEAST_SURE) };
  }
  const fitting = FORMATS.filter(({ format }) => all.every((value) => format.read(value) !== undefined));
  if (fitting.length === 0) return undefined;
  const [first, other] = fitting.map(({ text }) => text);
  return { format: first, otherFormat: other, isSure: true };
}
