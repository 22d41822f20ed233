/** Writes the bytes of a WebAssembly module that holds one function (WebAssembly Core Specification 2.0, chapter 5). */
export type ValueType = "i32" | "f32" | "v128";

const TYPE_CODES: Readonly<Record<ValueType, number>> = { i32: 0x7f, f32: 0x7d, v128: 0x7b };

/** Pages of 64 KiB that the memory may grow to: 2 GiB, so that kernels can compare addresses as signed integers. */
export const MAXIMUM_PAGES = 32767;

/** LEB128, unsigned. */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest > 0 ? low + 128 : low);
  } while (rest > 0);
  return bytes;
}

/** LEB128, signed, of a 32-bit integer. */
export function signed(value: number): number[] {
  const bytes: number[] = [];
  let rest = value | 0;
  for (;;) {
    const low = rest & 0x7f;
    rest >>= 7;
    const isLast = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
    bytes.push(isLast ? low : low | 0x80);
    if (isLast) return bytes;
  }
}

export function float32(value: number): number[] {
  return [...new Uint8Array(Float32Array.of(value).buffer)];
}

const name = (text: string) => vector([...new TextEncoder().encode(text)].map((byte) => [byte]));

function vector(items: readonly (readonly number[])[]): number[] {
  return [...unsigned(items.length), ...items.flat()];
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...unsigned(content.length), ...content];
}

export interface FunctionCode {
  readonly parameters: readonly ValueType[];
  /** Beside the parameters. */
  readonly locals: readonly ValueType[];
  readonly body: readonly number[];
}

/**
 * A module that exports the function as `run` and imports its memory as `memory` of `host`.
 *
 * @param isShared whether the memory is shared between threads
 */
export function encodeModule({ parameters, locals, body }: FunctionCode, isShared: boolean): Uint8Array<ArrayBuffer> {
  const types = (list: readonly ValueType[]) => list.map((type) => [TYPE_CODES[type]]);
  const functionType = [0x60, ...vector(types(parameters)), ...vector([])];
  const limits = [isShared ? 0x03 : 0x01, ...unsigned(1), ...unsigned(MAXIMUM_PAGES)];
  const memory = [...name("host"), ...name("memory"), 0x02, ...limits];
  const code = [...vector(locals.map((type) => [1, TYPE_CODES[type]])), ...body, 0x0b];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, vector([functionType])),
    ...section(2, vector([memory])),
    ...section(3, vector([[0]])),
    ...section(7, vector([[...name("run"), 0x00, 0]])),
    ...section(10, vector([[...unsigned(code.length), ...code]])),
  ]);
}
