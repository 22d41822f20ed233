/** Candidates of queries of which nothing is learned by name are one item together. */

/** What it is called in a catalogue. */
export const UNNAMED_ITEM = "";
