/** A group of a run's anatomy as a state of the lab: "open this group". */
import type { Anatomy } from "../run/anatomy-schema.ts";
import { FIRST_STATE, type LabState } from "./state.ts";

/** Lists that the lab shows of a group, and the length of their names. */
const MOST_LISTS = 16;
const LONGEST = 80;

/**
 * The panel Group with the group of request `number`, from 1: its rewards, log-probabilities and temperature.
 * @throws RangeError for a request that the anatomy does not have
 */
export function openedGroup({ requests, items, referenceTemperature }: Anatomy, number: number): LabState {
  const request = requests[number - 1];
  if (request === undefined) {
    throw new RangeError(`the run's anatomy has ${requests.length} requests, there is no request ${number}`);
  }
  const nameOf = (item: number) => {
    const { title, id } = items[item] ?? {};
    return title ?? id ?? String(item);
  };
  const opened = request.group.lists
    .slice(0, MOST_LISTS)
    .map((list) => ({
      items: shortened(list.items.map(nameOf)),
      reward: rounded(list.reward),
      logProbability: Math.min(0, rounded(list.logProbability)),
    }));
  const temperature = Math.min(5, Math.max(0.05, referenceTemperature));
  return { ...FIRST_STATE, tab: "group", opened, temperature };
}

/** Six digits are enough to be seen, and keep the address short. */
const rounded = (value: number) => Number(value.toPrecision(6));

/** Names in a line, each as long as there is room for, without the signs that an address gives a meaning. */
function shortened(names: readonly string[]): string {
  const room = Math.max(3, Math.floor(LONGEST / names.length) - 3);
  const clean = names.map((name) => name.replaceAll(/[,;&#=\n]/g, " ").trim() || "–");
  return clean
    .map((name) => (name.length > room ? `${name.slice(0, room - 1)}…` : name))
    .join(" › ")
    .slice(0, LONGEST);
}
