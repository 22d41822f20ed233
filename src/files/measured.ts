/** Numbers that were measured, as files of JSON hold them. */
import * as z from "zod";

/** JSON has no NaN: what could not be measured is null or missing. */
export const measured = z
  .number()
  .nullish()
  .transform((value) => value ?? undefined);
