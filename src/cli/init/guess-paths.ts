/** What the lists in a log's records are: what was shown, what of it was liked, what else could have been shown. */
import { EACH_LINE } from "../../data/settings.ts";
import { type GuessedColumns, NONE } from "./guess-columns.ts";

const CANDIDATES = /candidate|pool|retrieved/i;
const HISTORY = /history|clicked_before|past|item_id_list/i;
const LIKED = /click|like|purchase|bought|chosen|selected|positive|converted/i;

/**
 * Guesses with the lists of records among them. A column whose path goes through a list, such as `items[].id`, is of the
 * entries of what was shown.
 * @param lists paths of lists that are no column, such as `clicked[]`
 */
export function withLists(
  guessed: GuessedColumns,
  columns: readonly string[],
  lists: readonly string[],
): GuessedColumns {
  const shown = columns.find((name) => name.endsWith("[]"));
  const find = (pattern: RegExp) => lists.find((path) => pattern.test(path));
  const item = shown ?? guessed.columns.item;
  const isList = item?.includes("[]") === true;
  const isLacking = guessed.columns.feedback === undefined || guessed.columns.feedback === NONE;
  const feedback = isList && isLacking ? find(LIKED) : undefined;
  const [candidates, history] = [isList ? find(CANDIDATES) : undefined, find(HISTORY)];
  const isAnswered = (about: string) =>
    (about === "item" && shown !== undefined) || (about === "feedback" && feedback !== undefined);
  return {
    ...guessed,
    columns: {
      ...guessed.columns,
      ...(item !== undefined && { item }),
      ...(feedback !== undefined && { feedback }),
      // Every line is a request unless it says which it is of.
      ...(isList && guessed.columns.list === undefined && { list: EACH_LINE }),
      ...(candidates !== undefined && { candidates }),
      ...(history !== undefined && { history }),
    },
    questions: guessed.questions.filter(({ about }) => !isAnswered(about)),
  };
}
