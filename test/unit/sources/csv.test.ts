import fc from 'fast-check';
import { csvColumns, csvFields, csvObject, mostFields } from '../../../shared/sources/lib/csv.ts';

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

  test.each(['A,A', 'A,,B', 'A,__proto__', '"A', Array.from({ length: 10_001 }, (_, at) => `c${at}`).join()])(
    'of %.40j are refused',
    (header) => {
      expect(csvColumns(header)).toBeUndefined();
    },
  );
});

describe('a record', () => {
  test('is an object by column, without empty fields; what is behind the last column is numbered', () => {
    expect(csvObject(['A', 'B'], ['1', '', '3', ''])).toEqual({ A: '1', column_3: '3' });
  });

  test('with any number of fields behind the last column has a thousand of them as members, and one for all others', () => {
    const started = performance.now();
    for (const field of ['a,', ',', '"",', '"a,b",']) {
      const fields = csvFields(`1,2,${field.repeat(3_900_000 / field.length)}3`, ',', mostFields(2)) ?? [];
      const found = csvObject(['A', 'B'], fields) ?? {};
      expect(found).toMatchObject({ A: '1', B: '2' });
      const { columns_from_1003: last } = found;
      const rest = typeof last === 'string' ? last : '';
      expect([fields.length, rest.endsWith(`${field}3`), rest.length]).toEqual([1003, true, 1 + 3_900_000 - 1000 * field.length]);
    }
    expect(performance.now() - started).toBeLessThan(1000);
  });

  test('with fewer fields than columns was cut', () => {
    expect(csvObject(['A', 'B'], ['1'])).toBeUndefined();
  });
});
