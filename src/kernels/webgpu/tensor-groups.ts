/** Cuts an operation on any number of tensors into programs that a device can bind. */
import type { ProgramLimits } from "../dispatch.ts";

/** Numbers that one program may have as parameters. */
const NUMBERS_PER_PROGRAM = 48;

/** What a program is bound to, and told in numbers. */
export interface ProgramNeeds {
  readonly tensors: number;
  readonly numbers: number;
}

/**
 * Consecutive members in groups as large as one program allows.
 *
 * @param shared what a program needs once
 * @param each what it needs for every member of its group
 */
export function groupMembers<Member>(
  members: readonly Member[],
  shared: ProgramNeeds,
  each: ProgramNeeds,
  { tensorsPerProgram }: ProgramLimits,
): Member[][] {
  const size = Math.min(
    Math.floor((tensorsPerProgram - shared.tensors) / each.tensors),
    Math.floor((NUMBERS_PER_PROGRAM - shared.numbers) / each.numbers),
  );
  const groups: Member[][] = [];
  for (let start = 0; start < members.length; start += size) groups.push(members.slice(start, start + size));
  return groups;
}

/** WGSL for each of `size` members, one below the other. */
export function forEachMember(size: number, code: (member: number) => string): string {
  return Array.from({ length: size }, (_, member) => code(member)).join("\n");
}
