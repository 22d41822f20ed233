/** Values that many settings share. */
import { z } from "zod";

export const count = z.int().min(1);
export const name = z.string().min(1);
