/**
 * The bytes of an ONNX model: a protocol buffer, written field by field. Messages, fields and their numbers are those of
 * https://github.com/onnx/onnx/blob/main/onnx/onnx.proto, of which this writes what the exported graphs use.
 */
import { PbfWriter } from "pbf";

/** The file format's version, and that of the operators: those of ONNX 1.12 (2022), which runtimes since then read. */
const IR_VERSION = 8;
const OPERATOR_SET = 17;

/** Element types by their numbers in `TensorProto.DataType`. */
export const DATA_TYPES = { float32: 1, int32: 6, int64: 7, bool: 9 } as const;
export type OnnxType = keyof typeof DATA_TYPES;

/** Kinds of attributes by their numbers in `AttributeProto.AttributeType`. */
const FLOAT_ATTRIBUTE = 1;
const INTEGER_ATTRIBUTE = 2;
const INTEGERS_ATTRIBUTE = 7;

/** Protocol buffers of 2 GiB and more are not read. */
const MAX_BYTES = 2 ** 31 - 1;

/** A value inside the model, such as a weight. */
export interface OnnxTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array | BigInt64Array;
}

/** An input or output: an extent that is a name is known when the model runs, the same wherever the name stands. */
export interface OnnxValue {
  readonly name: string;
  readonly type: OnnxType;
  readonly shape: readonly (number | string)[];
  readonly description: string;
}

/** An attribute of an operator: most are integers, and one that may have a fraction says so. */
export type OnnxAttribute = number | readonly number[] | { readonly float: number };

/** An operator with the names of what it reads; its output has its own name. */
export interface OnnxNode {
  readonly name: string;
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

export interface OnnxGraph {
  readonly name: string;
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly constants: readonly OnnxTensor[];
  /** Each after those whose outputs it reads. */
  readonly nodes: readonly OnnxNode[];
}

export interface OnnxModel {
  readonly graph: OnnxGraph;
  /** The program that exports. */
  readonly producer: { readonly name: string; readonly version: string };
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * The file of a model.
 * @throws RangeError when its constants have 2 GiB or more
 */
export function encodeModel(model: OnnxModel): Uint8Array {
  const bytes = model.graph.constants.reduce((sum, { data }) => sum + data.byteLength, 0);
  if (bytes > MAX_BYTES) {
    throw new RangeError(
      `an ONNX file holds less than 2 GiB, but the weights and features have ${bytes} bytes; export safetensors`,
    );
  }
  const writer = new PbfWriter();
  writeModel(model, writer);
  return writer.finish();
}

/** `ModelProto` */
function writeModel({ graph, producer, metadata }: OnnxModel, writer: PbfWriter): void {
  writer.writeVarintField(1, IR_VERSION);
  writer.writeStringField(2, producer.name);
  writer.writeStringField(3, producer.version);
  writer.writeMessage(7, writeGraph, graph);
  writer.writeMessage(8, writeOperatorSet, OPERATOR_SET);
  for (const entry of Object.entries(metadata)) writer.writeMessage(14, writeMetadata, entry);
}

/** `OperatorSetIdProto` of the standard operators, whose domain has no name. */
function writeOperatorSet(version: number, writer: PbfWriter): void {
  writer.writeStringField(1, "");
  writer.writeVarintField(2, version);
}

/** `StringStringEntryProto` */
function writeMetadata([key, value]: [string, string], writer: PbfWriter): void {
  writer.writeStringField(1, key);
  writer.writeStringField(2, value);
}

/** `GraphProto` */
function writeGraph({ name, inputs, outputs, constants, nodes }: OnnxGraph, writer: PbfWriter): void {
  for (const node of nodes) writer.writeMessage(1, writeNode, node);
  writer.writeStringField(2, name);
  for (const constant of constants) writer.writeMessage(5, writeTensor, constant);
  for (const input of inputs) writer.writeMessage(11, writeValueInfo, input);
  for (const output of outputs) writer.writeMessage(12, writeValueInfo, output);
}

/** `NodeProto` */
function writeNode({ name, operator, inputs, attributes }: OnnxNode, writer: PbfWriter): void {
  for (const input of inputs) writer.writeStringField(1, input);
  writer.writeStringField(2, name);
  writer.writeStringField(3, name);
  writer.writeStringField(4, operator);
  for (const attribute of Object.entries(attributes)) writer.writeMessage(5, writeAttribute, attribute);
}

/** `AttributeProto` */
function writeAttribute([name, value]: [string, OnnxAttribute], writer: PbfWriter): void {
  writer.writeStringField(1, name);
  if (typeof value === "number") {
    writer.writeVarintField(3, value);
    writer.writeVarintField(20, INTEGER_ATTRIBUTE);
  } else if ("float" in value) {
    writer.writeFloatField(2, value.float);
    writer.writeVarintField(20, FLOAT_ATTRIBUTE);
  } else {
    for (const integer of value) writer.writeVarintField(8, integer);
    writer.writeVarintField(20, INTEGERS_ATTRIBUTE);
  }
}

/** `TensorProto`, with its elements as bytes, little-endian. */
function writeTensor({ name, shape, data }: OnnxTensor, writer: PbfWriter): void {
  for (const extent of shape) writer.writeVarintField(1, extent);
  writer.writeVarintField(2, DATA_TYPES[typeOf(data)]);
  writer.writeStringField(8, name);
  writer.writeBytesField(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

function typeOf(data: OnnxTensor["data"]): OnnxType {
  if (data instanceof Float32Array) return "float32";
  return data instanceof Int32Array ? "int32" : "int64";
}

/** `ValueInfoProto` */
function writeValueInfo(value: OnnxValue, writer: PbfWriter): void {
  writer.writeStringField(1, value.name);
  writer.writeMessage(2, writeType, value);
  writer.writeStringField(3, value.description);
}

/** `TypeProto`, of a tensor. */
function writeType(value: OnnxValue, writer: PbfWriter): void {
  writer.writeMessage(1, writeTensorType, value);
}

/** `TypeProto.Tensor` */
function writeTensorType({ type, shape }: OnnxValue, writer: PbfWriter): void {
  writer.writeVarintField(1, DATA_TYPES[type]);
  writer.writeMessage(2, writeShape, shape);
}

/** `TensorShapeProto` */
function writeShape(shape: OnnxValue["shape"], writer: PbfWriter): void {
  for (const extent of shape) writer.writeMessage(1, writeExtent, extent);
}

/** `TensorShapeProto.Dimension` */
function writeExtent(extent: number | string, writer: PbfWriter): void {
  if (typeof extent === "number") writer.writeVarintField(1, extent);
  else writer.writeStringField(2, extent);
}
