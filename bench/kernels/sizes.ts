/** Sizes of the paper's model (arXiv 2509.22046, section 4.1 and appendix D), at which the kernels are measured. */

/** Users in a batch: B, the smallest and the largest. */
export const BATCHES = [64, 512] as const;
export const LARGEST_BATCH = 512;
/** Candidates of a user: N. */
export const CANDIDATES = 50;
/** Positions of a list: L. */
export const LENGTH = 6;
/** Lists of a group: G. */
export const GROUP = 20;
/** Width of the model: D. */
export const WIDTH = 128;
export const HEADS = 4;
export const FEED_FORWARD = 512;

/** Extents of the square problems that show what a device can do; those past 1024 on graphics hardware only. */
export const SQUARES = [512, 1024, 2048, 4096] as const;
export const isLargeSquare = (extent: number) => extent > 1024;
