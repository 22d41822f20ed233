/** The settings of a configuration that are paths: relative to its folder in a file, to the working folder elsewhere. */
import { isRecord } from "../../settings/json-schema.ts";

const PATH_SETTINGS: readonly (readonly string[])[] = [
  ["output"],
  ["data", "file"],
  ["data", "validationFile"],
  ["data", "testFile"],
  ["data", "queryFile"],
  ["data", "prepared"],
  ["experiment", "rival", "validation"],
  ["experiment", "rival", "test"],
  ["serve", "tokenFile"],
];

type Values = Readonly<Record<string, unknown>>;

/** Settings with every path that they hold changed; undefined takes it away. */
export function changePaths<Settings extends Values>(
  settings: Settings,
  change: (path: string) => string | undefined,
): Settings {
  return PATH_SETTINGS.reduce<Settings>((changed, keys) => changeAt(changed, keys, change), settings);
}

function changeAt<Level extends Values>(
  level: Level,
  [key, ...rest]: readonly string[],
  change: (path: string) => string | undefined,
): Level {
  const { [key]: value, ...others } = level;
  if (rest.length > 0) return isRecord(value) ? { ...level, [key]: changeAt(value, rest, change) } : level;
  if (typeof value !== "string") return level;
  const changed = change(value);
  return (changed === undefined ? others : { ...level, [key]: changed }) as Level;
}
