/** How a catalogue lies in a safetensors file: tensors named `user.…` and `item.…`, and what its metadata says. */
// The small zod: this file is part of what every page loads.
import * as z from "zod/mini";
import type { SafetensorsEntry } from "../../nn/index.ts";
import type { Catalogue, CategoryTable, FeatureTable } from "../dataset.ts";
import type { FeatureScale } from "./feature-scale.ts";

/** No array has more elements. */
export const arrayLength = z.int().check(z.gte(0), z.lte(2 ** 31 - 1));

/** What the tensors of a catalogue do not say: how many users and items there are, and how many categories. */
export const catalogueDescriptionSchema = z.object({
  userCount: arrayLength,
  itemCount: arrayLength,
  /** Sizes of the vocabularies of categories, where there are any. */
  userVocabulary: z.exactOptional(arrayLength),
  itemVocabulary: z.exactOptional(arrayLength),
  /** Whether a first stage's score comes with each candidate of a query. */
  areScored: z.exactOptional(z.boolean()),
});

/** What {@link catalogueDescriptionSchema} describes. */
export type CatalogueDescription = z.infer<typeof catalogueDescriptionSchema>;

const KINDS = ["user", "item"] as const;
type Kind = (typeof KINDS)[number];

/** How the columns of a kind's tables became numbers, as JSON in the tensors `user.columns` and `item.columns`. */
const columnsSchema = z.object({
  numeric: z.array(z.object({ name: z.string(), center: z.number(), scale: z.number() })),
  categorical: z.array(
    z.object({
      name: z.string(),
      separator: z.exactOptional(z.string()),
      slots: z.int().check(z.gte(1)),
      names: z.array(z.string()),
    }),
  ),
});
/** Whose numbers come with each request. */
const SCALED = ["query", "candidate"] as const;
type Scaled = (typeof SCALED)[number];

/** What a catalogue's tensors do not say of it. */
export function describeCatalogue(catalogue: Catalogue): CatalogueDescription {
  const { userCount, itemCount, userCategories, itemCategories, areScored } = catalogue;
  return {
    userCount,
    itemCount,
    ...(userCategories && { userVocabulary: userCategories.vocabularySize }),
    ...(itemCategories && { itemVocabulary: itemCategories.vocabularySize }),
    ...(areScored !== undefined && { areScored }),
  };
}

/** Names and features of users and items; titles of items; how the features of requests are scaled. */
export function catalogueTensors(catalogue: Catalogue): [string, SafetensorsEntry][] {
  const tensors = [
    ...KINDS.flatMap((kind) => kindTensors(catalogue, kind)),
    ...SCALED.flatMap((kind) => scaleTensors(kind, catalogue[`${kind}Scale`])),
  ];
  const { itemTitles } = catalogue;
  return itemTitles === undefined ? tensors : [...tensors, ["item.titles", encodeJson(itemTitles)]];
}

function kindTensors(catalogue: Catalogue, kind: Kind): [string, SafetensorsEntry][] {
  const count = catalogue[`${kind}Count`];
  const ids = catalogue[`${kind}Ids`];
  const features = catalogue[`${kind}Features`];
  const categories = catalogue[`${kind}Categories`];
  const tensors: [string, SafetensorsEntry][] = [];
  if (ids !== undefined) tensors.push([`${kind}.ids`, encodeJson(ids)]);
  if (features?.columns !== undefined || categories?.columns !== undefined) {
    const columns = { numeric: features?.columns ?? [], categorical: categories?.columns ?? [] };
    tensors.push([`${kind}.columns`, encodeJson(columns)]);
  }
  if (features !== undefined) {
    const shape = [count, features.width];
    tensors.push([`${kind}.features`, { dtype: "F32", shape, data: features.data }]);
  }
  if (categories !== undefined) {
    const { slots, indices, weights, unknown } = categories;
    const shape = [count, slots];
    tensors.push(
      [`${kind}.categories`, { dtype: "I32", shape, data: indices }],
      [`${kind}.category_weights`, { dtype: "F32", shape, data: weights }],
      [`${kind}.unknown_categories`, { dtype: "I32", shape: [unknown.length], data: unknown }],
    );
  }
  return tensors;
}

function scaleTensors(kind: Scaled, scale: FeatureScale | undefined): [string, SafetensorsEntry][] {
  if (scale === undefined) return [];
  const { names, ...columns } = scale;
  const shape = [names.length];
  return [
    [`${kind}.names`, encodeJson(names)],
    ...Object.entries(columns).map(([part, data]): [string, SafetensorsEntry] => {
      return [`${kind}.${part}`, { dtype: "F32", shape, data }];
    }),
  ];
}

/** Whether a tensor of a file belongs to the catalogue. */
export function isCatalogueTensor(name: string): boolean {
  return [...KINDS, ...SCALED].some((kind) => name.startsWith(`${kind}.`));
}

/**
 * The catalogue that the tensors are of.
 * @throws RangeError that says which tensor does not fit the description
 */
export function restoreCatalogue(
  description: CatalogueDescription,
  tensors: ReadonlyMap<string, SafetensorsEntry>,
): Catalogue {
  const { userCount, itemCount, areScored } = description;
  const reader = new CatalogueReader(description, tensors);
  const itemTitles = reader.texts("item.titles", itemCount);
  const [queryScale, candidateScale] = SCALED.map((kind) => reader.scale(kind));
  return {
    userCount,
    itemCount,
    ...reader.read("user"),
    ...reader.read("item"),
    ...(itemTitles && { itemTitles }),
    ...(queryScale && { queryScale }),
    ...(candidateScale && { candidateScale }),
    ...(areScored !== undefined && { areScored }),
  };
}

class CatalogueReader {
  constructor(
    private readonly description: CatalogueDescription,
    private readonly tensors: ReadonlyMap<string, SafetensorsEntry>,
  ) {}

  read(kind: Kind): Partial<Catalogue> {
    const ids = this.texts(`${kind}.ids`, this.description[`${kind}Count`]);
    const features = this.tensors.has(`${kind}.features`) && this.table(kind, "features", Float32Array);
    const categories = this.categories(kind);
    const { numeric, categorical } = this.columns(kind, features || undefined, categories);
    return {
      ...(ids && { [`${kind}Ids`]: ids }),
      ...(features && { [`${kind}Features`]: { ...features, ...(numeric && { columns: numeric }) } }),
      ...(categories && { [`${kind}Categories`]: { ...categories, ...(categorical && { columns: categorical }) } }),
    };
  }

  /** How the columns of these tables became numbers, where the file says it. */
  private columns(
    kind: Kind,
    features: FeatureTable | undefined,
    categories: CategoryTable | undefined,
  ): Partial<z.infer<typeof columnsSchema>> {
    const name = `${kind}.columns`;
    const entry = this.tensors.get(name);
    if (entry === undefined) return {};
    const columns = columnsSchema.safeParse(decodeJson(entry)).data;
    if (columns === undefined) throw new RangeError(`the tensor ${name} does not describe columns`);
    const { numeric, categorical } = columns;
    const slots = categorical.reduce((sum, column) => sum + column.slots, 0);
    const isOfTables =
      numeric.length === (features?.width ?? 0) &&
      slots === (categories?.slots ?? 0) &&
      categorical.length === (categories?.unknown.length ?? 0) &&
      categorical.every(({ names }, place) => {
        const unknown = categories?.unknown[place] ?? 0;
        return unknown + 2 + names.length <= (categories?.vocabularySize ?? 0);
      });
    if (!isOfTables) throw new RangeError(`the tensor ${name} does not describe the columns of its tables`);
    return columns;
  }

  scale(kind: Scaled): FeatureScale | undefined {
    const entry = this.tensors.get(`${kind}.means`);
    if (entry === undefined) return undefined;
    const count = entry.data.length;
    const column = (part: string): Float32Array => {
      const { data } = this.tensors.get(`${kind}.${part}`) ?? {};
      if (data instanceof Float32Array && data.length === count) return data;
      throw new RangeError(`the tensor ${kind}.${part} is missing, or not of ${count} numbers`);
    };
    const names = this.texts(`${kind}.names`, count);
    if (names === undefined) throw new RangeError(`there is no tensor ${kind}.names`);
    return { names, units: column("units"), means: column("means"), scales: column("scales") };
  }

  texts(name: string, count: number): readonly string[] | undefined {
    const entry = this.tensors.get(name);
    if (entry === undefined) return undefined;
    const texts = decodeJson(entry);
    if (!isTexts(texts) || texts.length !== count)
      throw new RangeError(`the tensor ${name} does not hold ${count} texts`);
    return texts;
  }

  private categories(kind: Kind): CategoryTable | undefined {
    const vocabularySize = this.description[`${kind}Vocabulary`];
    if (vocabularySize === undefined) return undefined;
    const { data: indices, width: slots } = this.table(kind, "categories", Int32Array);
    const { data: weights } = this.table(kind, "category_weights", Float32Array);
    const name = `${kind}.unknown_categories`;
    const { data: unknown } = this.tensors.get(name) ?? {};
    if (!(unknown instanceof Int32Array)) throw new RangeError(`the tensor ${name} is missing or no I32`);
    if (weights.length !== indices.length || unknown.length > slots) {
      throw new RangeError(`the tensors of the ${kind} categories differ in size`);
    }
    if ([...indices, ...unknown].some((category) => category < 0 || category >= vocabularySize)) {
      throw new RangeError(`the tensor ${kind}.categories holds a number outside of 0 to ${vocabularySize - 1}`);
    }
    return { vocabularySize, slots, indices, weights, unknown };
  }

  private table<Data extends Float32Array | Int32Array>(
    kind: Kind,
    part: string,
    type: new (length: number) => Data,
  ): { readonly width: number; readonly data: Data } {
    const name = `${kind}.${part}`;
    const count = this.description[`${kind}Count`];
    const entry = this.tensors.get(name);
    if (!(entry?.data instanceof type) || entry.shape.length !== 2 || entry.shape[0] !== count) {
      throw new RangeError(`the tensor ${name} is missing, or not of ${count} rows`);
    }
    return { width: entry.shape[1], data: entry.data as Data };
  }
}

/** A value as the UTF-8 of its JSON: U8 [bytes]. */
function encodeJson(value: unknown): SafetensorsEntry {
  const data = new TextEncoder().encode(JSON.stringify(value));
  return { dtype: "U8", shape: [data.length], data };
}

/** Undefined for bytes that are no JSON. */
function decodeJson({ data }: SafetensorsEntry): unknown {
  if (!(data instanceof Uint8Array)) return undefined;
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(data));
  } catch {
    return undefined;
  }
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((text) => typeof text === "string");
}
