import fc from 'fast-check';
import { csvColumns, csvFields, csvObject } from '../../../shared/sources/lib/csv.ts';

function quoted(field: string): string {
  return `"${field.replaceAll('"', '""')}"`;
}

describe('fields', () => {
  const field = fc.oneof(fc.constantFrom('', '"', ',', '""', 'a', '\n', ' '), fc.string({ unit: 'grapheme', maxLength: 8 }));

  test('come back as they were written, line feeds and quotes too', () => {
    fc.assert(
      fc.property(fc.array(field, { minLength: 1, maxLength: 6 }), fc.boolean(), (fields, always) => {
        const written = fields.map((text) => (always || /[",\n\r]/.test(text) ? quoted(text) : text));
        expect(csvFields(written.join(','))).toEqual(fields);
      }),
    );
  });

  test.each(['"a', '"a""', 'a,"b', '"a"b', '"a" ,b', '"'])('of %j are refused: a quote is open, or text stands behind one', (text) => {
    expect(csvFields(text)).toBeUndefined();
  });
});

describe('columns', () => {
  test('are read behind a byte order mark, without the spaces around them', () => {
    expect(csvColumns('\uFEFF"A",B ,C_1')).toEqual(['A', 'B', 'C_1']);
  });

  test.each(['A,A', 'A,,B', 'A,__proto__', '"A'])('of %j are refused', (header) => {
    expect(csvColumns(header)).toBeUndefined();
  });
});

describe('a record', () => {
  test('is an object by column, without empty fields; what is behind the last column is numbered', () => {
    expect(csvObject(['A', 'B'], ['1', '', '3', ''])).toEqual({ A: '1', column_3: '3' });
  });

  test('with fewer fields than columns was cut', () => {
    expect(csvObject(['A', 'B'], ['1'])).toBeUndefined();
  });
});
