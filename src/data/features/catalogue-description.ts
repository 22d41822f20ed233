/** What the tensors of a catalogue do not say by themselves, as JSON in the metadata of a file. */
// The small zod: this file is part of what every page loads.
import * as z from "zod/mini";

/** No array has more elements. */
export const arrayLength = z.int().check(z.gte(0), z.lte(2 ** 31 - 1));

/** How many users and items there are, and how many categories. */
export const catalogueDescriptionSchema = z.object({
  userCount: arrayLength,
  itemCount: arrayLength,
  /** Sizes of the vocabularies of categories, where there are any. */
  userVocabulary: z.exactOptional(arrayLength),
  itemVocabulary: z.exactOptional(arrayLength),
});

/** What {@link catalogueDescriptionSchema} describes. */
export type CatalogueDescription = z.infer<typeof catalogueDescriptionSchema>;
