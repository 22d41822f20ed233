/** Kinds of values that many settings have, and the type of settings by their schema. */
import * as z from "zod";

export const count = z.int().min(1);
export const countOrNone = z.int().min(0);
export const positive = z.number().gt(0);
export const nonNegative = z.number().min(0);
/** A part of a whole that is not empty. */
export const share = positive.max(1);
export const name = z.string().min(1);

type DeepReadonly<Value> = { readonly [Key in keyof Value]: DeepReadonly<Value[Key]> };

/** Settings that a schema describes, with its defaults filled in. */
export type Settings<Schema extends z.ZodType> = DeepReadonly<z.output<Schema>>;

type DeepGiven<Value> = { readonly [Key in keyof Value]: DeepGiven<Exclude<Value[Key], undefined>> };

/** Settings as they are given: what has a default may be left out. */
export type GivenSettings<Schema extends z.ZodType> = DeepGiven<z.input<Schema>>;
