/** A visitor's own data, pasted: six items, and perhaps lists that were shown with what was liked of them. */
import { ITEM_COUNT, type LabState, LIST_LENGTH, labSchema, TOPIC_COUNT } from "./state.ts";

/** What is shown before anything is pasted. */
export const EXAMPLE_DATA = `Espresso, coffee, 0.5
Latte, coffee, 0.2
Green tea, tea, 0.1
Oolong, tea, -0.2
Scone, pastry, 0.4
Muffin, pastry, 0
Espresso > Scone > Latte, 2
Latte > Espresso > Muffin, 1
Green tea > Scone > Oolong, 1
Scone > Espresso > Green tea, 2`;

/** What the lines say, or what is wrong with one of them. */
export type OwnData =
  | { readonly change: Pick<LabState, "names" | "topics" | "appeal" | "logLines"> }
  | { readonly problem: string };

/** Six lines `name, topic, appeal` (appeal may be left out), then any number of lines `name > name > name, likes`. */
export function readOwnData(text: string): OwnData {
  const lines = text
    .split("\n")
    .map((line, at) => ({ line: line.trim(), number: at + 1 }))
    .filter(({ line }) => line !== "");
  const items = lines.filter(({ line }) => !line.includes(">"));
  const lists = lines.filter(({ line }) => line.includes(">"));
  if (items.length !== ITEM_COUNT) {
    return { problem: `expected ${ITEM_COUNT} lines of items, such as "Espresso, coffee, 0.5", got ${items.length}` };
  }
  const cells = items.map(({ line }) => line.split(",").map((cell) => cell.trim()));
  const names = cells.map(([name]) => name);
  const topicNames = [...new Set(cells.map(([, topic]) => topic ?? ""))];
  if (topicNames.length > TOPIC_COUNT || topicNames.includes("")) {
    return { problem: `expected a topic for each item, at most ${TOPIC_COUNT} different ones` };
  }
  if (new Set(names).size < ITEM_COUNT) return { problem: "two items have the same name" };
  const logLines: number[][] = [];
  for (const { line, number } of lists) {
    const [list, likes] = line.split(",");
    const places = list.split(">").map((name) => names.indexOf(name.trim()));
    if (places.length !== LIST_LENGTH || places.includes(-1) || new Set(places).size < LIST_LENGTH) {
      return {
        problem: `line ${number}: expected ${LIST_LENGTH} different items of the lines above, with > between them`,
      };
    }
    const count = Number(likes?.trim());
    if (!/^\s*\d\s*$/.test(likes ?? "") || count > LIST_LENGTH) {
      return { problem: `line ${number}: expected how many were liked, from 0 to ${LIST_LENGTH}, after a comma` };
    }
    logLines.push([...places, count]);
  }
  const change = {
    names,
    topics: cells.map(([, topic]) => topicNames.indexOf(topic)),
    appeal: cells.map(([, , appeal]) => (appeal === undefined ? 0 : Number(appeal))),
    logLines,
  };
  const checked = labSchema.safeParse(change);
  if (checked.success) return { change };
  const [{ path, message }] = checked.error.issues;
  return { problem: `${path.join(" ")}: ${message}` };
}
