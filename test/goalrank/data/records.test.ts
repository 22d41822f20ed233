/** The cutting of text into records, held against csv-parse. */
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { DataError } from "../../../src/goalrank/data/errors.ts";
import { type DelimitedFormat, RecordSplitter } from "../../../src/goalrank/data/records.ts";

interface NumberedRecord {
  readonly fields: readonly string[];
  readonly line: number;
}

/** The records of a text that is written piece by piece. */
function split(pieces: readonly string[], format: DelimitedFormat): NumberedRecord[] {
  const records: NumberedRecord[] = [];
  const splitter = new RecordSplitter("file", format, (fields, line) => records.push({ fields, line }));
  for (const piece of pieces) splitter.write(piece);
  splitter.end();
  return records;
}

/** The same by csv-parse. */
function parsed(text: string, { delimiter, quoted }: DelimitedFormat): NumberedRecord[] {
  const rows: string[][] = parse(text, {
    delimiter,
    quote: quoted ? '"' : null,
    record_delimiter: ["\r\n", "\n", "\r"],
    relax_column_count: true,
  });
  let line = 1;
  return rows
    .map((fields) => {
      const record = { fields, line };
      line += 1 + fields.join("").split("\n").length - 1;
      return record;
    })
    .filter(({ fields }) => fields.length > 1 || fields[0] !== "");
}

/** What a function returns, or "refused" if it throws. */
function outcome<T>(run: () => T): T | "refused" {
  try {
    return run();
  } catch {
    return "refused";
  }
}

/** A text, cut anywhere. */
const pieces = (unit: fc.Arbitrary<string>) =>
  fc.array(fc.string({ unit, maxLength: 12 }), { maxLength: 8, size: "max" });

for (const format of [
  { delimiter: ",", quoted: true },
  { delimiter: "::", quoted: true },
  { delimiter: "\t", quoted: false },
  { delimiter: "::", quoted: false },
]) {
  const name = `${JSON.stringify(format.delimiter)}, ${format.quoted ? "quoted" : "unquoted"}`;
  test(`records are those of csv-parse, however the text is cut into pieces: ${name}`, () => {
    const unit = fc.constantFrom("a", "é", "𝄞", " ", '"', '"', "\n", "\r", "\r\n", ...format.delimiter);
    fc.assert(
      fc.property(pieces(unit), (texts) => {
        assert.equal(
          outcome(() => split(texts, format)),
          outcome(() => parsed(texts.join(""), format)),
        );
      }),
      { numRuns: 3000 },
    );
  });
}

test("well-formed records are never refused", () => {
  const field = fc.string({ unit: fc.constantFrom("a", '"', ",", "\n", "\r", "\r\n"), maxLength: 6 });
  const records = fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { maxLength: 6 });
  fc.assert(
    fc.property(records, fc.constantFrom("\n", "\r\n", "\r"), fc.nat(20), (rows, lineEnd, cut) => {
      const text = rows
        .map((row) => row.map((value) => `"${value.replaceAll('"', '""')}"`).join(","))
        .map((line) => line + lineEnd)
        .join("");
      const read = split([text.slice(0, cut), text.slice(cut)], { delimiter: ",", quoted: true });
      assert.equal(
        read.map(({ fields }) => fields),
        rows,
      );
    }),
    { numRuns: 1000 },
  );
});

test("an error names the line of the quote that is wrong, or of the record that it opens", () => {
  const lineOf = (text: string) => {
    try {
      split([text], { delimiter: ",", quoted: true });
    } catch (error) {
      if (error instanceof DataError) return error.line;
    }
    return undefined;
  };
  assert.is(lineOf('a,b\n"c\n\nd","e\nf"g\n'), 5);
  assert.is(lineOf('a,b\n"c\nd",e"\n'), 3);
  assert.is(lineOf('a,b\n\n"c\nd",e\nf,"g\n\n'), 5);
});

test.run();
