/** From a file of interactions to requests: readers, splits and lists, candidates, retrievers, features, batches. */
export * from "./browser.ts";
export { type EntityFeatures, readFeatures } from "./features/features.ts";
export { fingerprintLog, type PreparedLog, prepare } from "./prepare.ts";
export { isSameSource, type SourceFingerprint } from "./prepared/fingerprint.ts";
export * from "./prepared/prepared-dataset.ts";
export { type InteractionSource, readInteractions } from "./readers/read-interactions.ts";
export { formatDataReport } from "./report/format-data-report.ts";
export type { ColumnNames, FeatureSource } from "./settings.ts";
export { uniformPolicyValue } from "./uniform-policy.ts";
