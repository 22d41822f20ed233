/** Public logs without a header, which are known by the names of their files. */
import type { Field } from "./guess-columns.ts";

/** Where a known log has its fields: numbers of columns from 1, or "none". */
export interface KnownLog {
  /** What the data set is called. */
  readonly title: string;
  /** Columns of a line. */
  readonly width: number;
  readonly columns: Readonly<Partial<Record<Field, string>>>;
  /** What could be taken instead. */
  readonly question?: { readonly about: Field; readonly text: string };
}

const KNOWN: readonly (KnownLog & { readonly file: RegExp })[] = [
  {
    title: "MovieLens-100K",
    file: /^u(\d|a|b)?\.(data|base|test)$/,
    width: 4,
    columns: { user: "1", item: "2", feedback: "3", timestamp: "4" },
  },
  {
    title: "Taobao's user behaviour",
    file: /^UserBehavior/,
    width: 5,
    columns: { user: "1", item: "2", feedback: "4", timestamp: "5" },
  },
  {
    title: "YOOCHOOSE's clicks",
    file: /^yoochoose-clicks/,
    width: 4,
    columns: { user: "1", item: "3", feedback: "none", timestamp: "2" },
  },
  {
    title: "check-ins of Gowalla or Brightkite",
    file: /_totalCheckins/,
    width: 5,
    columns: { user: "1", item: "5", feedback: "none", timestamp: "2" },
  },
  {
    title: "Last.fm-1K",
    file: /^userid-timestamp-artid/,
    width: 6,
    columns: { user: "1", item: "4", feedback: "none", timestamp: "2" },
    question: { about: "item", text: "4, the artist's name, is taken for the item; 6, the track's, could be it too" },
  },
];

/** The known log that a file without a header is, by its name without folders and what it is packed by. */
export function knownLog(name: string, width: number): KnownLog | undefined {
  return KNOWN.find((own) => own.file.test(name) && own.width === width);
}
