/**
 * Writes an ONNX model of one matrix product: a protocol buffer, whose fields are numbered in
 * https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
 */

const VARINT = 0;
const LENGTH_DELIMITED = 2;
/** The type float32 of `TensorProto.DataType`. */
const FLOAT = 1;
const IR_VERSION = 8;
const OPERATOR_SET = 17;

type Bytes = readonly number[];

/** Seven bits a byte, the lowest first; the eighth bit tells that more follow. */
function varint(value: number): Bytes {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
}

const integer = (field: number, value: number): Bytes => [...varint(field * 8 + VARINT), ...varint(value)];

const message = (field: number, ...parts: Bytes[]): Bytes => {
  const content = parts.flat();
  return [...varint(field * 8 + LENGTH_DELIMITED), ...varint(content.length), ...content];
};

const text = (field: number, value: string): Bytes => message(field, [...new TextEncoder().encode(value)]);

/** `ValueInfoProto`: a name and a float32 tensor's shape. */
function valueInfo(field: number, name: string, shape: readonly number[]): Bytes {
  const dimensions = shape.map((extent) => message(1, integer(1, extent)));
  const tensorType = message(1, integer(1, FLOAT), message(2, ...dimensions));
  return message(field, text(1, name), message(2, tensorType));
}

/** product [..., m, n] = left [..., m, k] right [..., k, n]. */
export function createMatmulModel(left: readonly number[], right: readonly number[]): Uint8Array {
  const product = [...left.slice(0, -1), ...right.slice(-1)];
  const node = message(1, text(1, "left"), text(1, "right"), text(2, "product"), text(4, "MatMul"));
  const graph = message(
    7,
    node,
    text(2, "matmul"),
    valueInfo(11, "left", left),
    valueInfo(11, "right", right),
    valueInfo(12, "product", product),
  );
  const operatorSet = message(8, text(1, ""), integer(2, OPERATOR_SET));
  return Uint8Array.from([...integer(1, IR_VERSION), ...graph, ...operatorSet]);
}
