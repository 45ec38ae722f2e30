import fc from 'fast-check';
import {
  fieldsOf,
  inside,
  leftovers,
  listIn,
  originalTime,
  takeText,
  takeTime,
  takeWhole,
  timeOf,
} from '../../../shared/sources/lib/fields.ts';

const MS = Date.UTC(2026, 0, 2, 3, 4, 5, 678);

describe('times', () => {
  test.each([
    '2026-01-02T03:04:05.678Z',
    '2026-01-02T04:04:05.678+01:00',
    '2026-01-02 03:04:05.678',
    '2026-01-02 04:04:05.678 +0100',
    '2026-01-02T03:04:05.678901234Z',
    MS,
    MS / 1000,
    MS * 1000,
    String(MS),
  ])('%j', (said) => expect(timeOf(said)).toBe(MS));

  test.each([null, '', '1', '2026-13-02T03:04:05Z', '1969-12-31T23:59:59Z', 5, -MS, Infinity, NaN, '2026-01-02', {}, []])(
    '%j is none',
    (said) => expect(timeOf(said)).toBeUndefined(),
  );

  test('never throw, and are in range', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.double(), fc.integer()), (said) => {
        const ms = timeOf(said);
        expect(ms === undefined || (Number.isInteger(ms) && ms >= Date.UTC(2000, 0, 1) && ms < Date.UTC(2100, 0, 1))).toBe(true);
      }),
    );
  });

  test('are kept as written where they say more than ms in UTC', () => {
    expect(['2026-01-02T03:04:05.678Z', '2026-01-02T03:04:05Z', MS].map(originalTime)).toEqual([undefined, undefined, undefined]);
    expect(['2026-01-02T04:04:05+01:00', '2026-01-02T03:04:05.6789Z', MS * 1000].map(originalTime)).toEqual([
      '2026-01-02T04:04:05+01:00',
      '2026-01-02T03:04:05.6789Z',
      String(MS * 1000),
    ]);
  });
});

describe('what is left', () => {
  test('has neither what was taken nor nulls; what could not be taken stays as it came', () => {
    const fields = fieldsOf({
      a: 'x',
      b: '',
      c: null,
      d: { e: 'y', f: 1, g: null },
      h: [{ i: 'z' }, { i: 2 }],
      w: '-1',
      t: '2026-01-02T03:04:05.6789Z',
    });
    expect([takeText(fields, 'a'), takeText(fields, 'b'), takeText(inside(fields, 'd'), 'e')]).toEqual(['x', undefined, 'y']);
    expect(listIn(fields, 'h').map((member) => takeText(member, 'i'))).toEqual(['z', undefined]);
    expect([takeWhole(fields, 'w'), takeTime(fields, 't')]).toEqual([undefined, MS]);
    expect(leftovers(fields)).toEqual({ b: '', d: { f: 1 }, h: [{ i: 2 }], w: '-1', t: '2026-01-02T03:04:05.6789Z' });
  });

  test('is nothing when all was taken', () => {
    const fields = fieldsOf({ a: { b: 'x' }, c: [{ d: 'y' }], e: null });
    takeText(inside(fields, 'a'), 'b');
    for (const member of listIn(fields, 'c')) takeText(member, 'd');
    expect(leftovers(fields)).toBeUndefined();
  });

  test('has members whatever they are called', () => {
    const left = leftovers(fieldsOf(JSON.parse('{"__proto__":{"x":1},"constructor":2}') as never));
    expect(JSON.stringify(left)).toBe('{"__proto__":{"x":1},"constructor":2}');
  });
});
