import fc from 'fast-check';
import { MAX_RECORD_BYTES } from '../../../shared/decode/frame-sink.ts';
import { createFramer } from '../../../shared/decode/framer.ts';

interface Framed {
  readonly records: string[];
  readonly broken: { readonly code: string; readonly bytes: number }[];
}

function frame(chunks: readonly (Buffer | string)[]): Framed {
  const framed: Framed = { records: [], broken: [] };
  const framer = createFramer(
    { kind: 'syslog' },
    {
      record: (text) => framed.records.push(text),
      header: () => undefined,
      broken: ({ code }, text) => framed.broken.push({ code, bytes: text.length }),
    },
  );
  for (const chunk of chunks) framer.push(Buffer.from(chunk));
  framer.end();
  return framed;
}

function cut(bytes: Buffer, size: number): readonly Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) => bytes.subarray(index * size, (index + 1) * size));
}

const messages = fc
  .tuple(fc.integer({ min: 0, max: 191 }), fc.string({ unit: 'grapheme', maxLength: 60 }))
  .map(([priority, text]) => `<${priority}>1 - - - - - - m${text.replaceAll(/[\r\n\0]/g, ' ')}.`);
/** What separates counted messages: nothing, or a line feed that is not counted. */
const framed = fc.array(
  fc.tuple(
    messages,
    fc.constantFrom('counted', 'counted and a line feed', 'line', 'line with a carriage return', 'line with a NUL'),
    fc.boolean(),
  ),
);

test('finds every message, however each is framed and the bytes are cut', () => {
  fc.assert(
    fc.property(framed, fc.integer({ min: 1, max: 40 }), (all, size) => {
      const expected: string[] = [];
      const stream = all.map(([message, framing, several]) => {
        const counted = framing.startsWith('counted');
        // A message that was counted may hold lines.
        const text = counted && several ? `${message}\n<1>second line` : message;
        expected.push(text);
        if (framing === 'counted') return `${Buffer.byteLength(text)} ${text}`;
        if (counted) return `${Buffer.byteLength(text)} ${text}\n`;
        return text + (framing === 'line' ? '\n' : framing.endsWith('NUL') ? '\0\n' : '\r\n');
      });
      expect(frame(cut(Buffer.from(stream.join('')), size))).toEqual({ records: expected, broken: [] });
    }),
    { numRuns: 500 },
  );
});

test('whatever the bytes are, the chunks do not matter and nothing but separators is lost', () => {
  const pieces = fc.constantFrom(
    '<1>',
    '5 <1>ab',
    '9999999 <',
    '4194304 <1>x',
    '12345678 <1>',
    '0 <',
    '7 ',
    '\n',
    '\r\n',
    '\0',
    'a',
    '1',
    ' ',
    'é',
    '-5 <',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 30 }), fc.integer({ min: 1, max: 7 }), (parts, size) => {
      const bytes = Buffer.from(parts.join(''));
      const whole = frame([bytes]);
      expect(frame(cut(bytes, size))).toEqual(whole);
      const left = whole.records.join('').replaceAll(/[\d \r\n\0]/g, '');
      expect(left).toBe(bytes.toString().replaceAll(/[\d \r\n\0]/g, ''));
    }),
    { numRuns: 1000 },
  );
});

describe('lengths that are wrong', () => {
  test.each([
    ['too short', '9 <1>message\n<2>b\n', ['<1>message', '<2>b']],
    ['too long by less than a message', '12 <1>message\n<2>b\n<3>c', ['<1>message', '<2>b', '<3>c']],
    ['beyond the end', '900 <1>message\n<2>b\n5 <3>ab', ['<1>message', '<2>b', '<3>ab']],
    ['beyond any record', '99999999 <1>message\n<2>b\n', ['99999999 <1>message', '<2>b']],
    ['of very many digits', `${'9'.repeat(400)} <1>message\n<2>b\n`, [`${'9'.repeat(400)} <1>message`, '<2>b']],
    ['nothing', '0 <1>message\n<2>b\n', ['0 <1>message', '<2>b']],
    ['negative', '-3 <1>message\n<2>b\n', ['-3 <1>message', '<2>b']],
    ['no length at all', '2026-01-01T00:00:00Z host a: b\n10.0.0.1 <1>\n', ['2026-01-01T00:00:00Z host a: b', '10.0.0.1 <1>']],
  ])('%s: the message goes to the end of its line', (_, stream, records) => {
    expect(frame([stream])).toEqual({ records, broken: [] });
    expect(frame(cut(Buffer.from(stream), 1))).toEqual({ records, broken: [] });
  });

  test('after one that lied, large ones are not believed', () => {
    const large = `<2>${'x'.repeat(70_000)}`;
    expect(frame([`8 <1>message\n${large.length} ${large}\n5 <3>ab`]).records).toEqual(['<1>message', `${large.length} ${large}`, '<3>ab']);
    expect(frame([`${large.length} ${large}5 <3>ab`]).records).toEqual([large, '<3>ab']);
  });
});

describe('records beyond the limit', () => {
  const half = 'x'.repeat(MAX_RECORD_BYTES / 2 + 1);
  const largest = `<1>${'x'.repeat(MAX_RECORD_BYTES - 3)}`;

  test('a line is given up, the next message is found', () => {
    expect(frame(['<1>a\n<2>', half, half, 'tail\n', '<3>b\n5 <4>cd'])).toEqual({
      records: ['<1>a', '<3>b', '<4>cd'],
      broken: [{ code: 'record_too_large', bytes: MAX_RECORD_BYTES }],
    });
  });

  test('also where the whole line came at once', () => {
    const { records, broken } = frame([`<2>${half}${half}\n<3>b`]);
    expect([records, broken.length]).toEqual([['<3>b'], 1]);
  });

  test('the largest counted message is a record', () => {
    const { records, broken } = frame(cut(Buffer.from(`${largest.length} ${largest}5 <4>cd`), 65_536));
    expect([records.map(({ length }) => length), broken]).toEqual([[MAX_RECORD_BYTES, 5], []]);
  });
});

test('bytes that are no UTF-8 do not shift what follows', () => {
  const bytes = Buffer.concat([Buffer.from('7 <1>a'), Buffer.from([0xff, 0xfe, 0xc3]), Buffer.from('5 <2>bc')]);
  expect(frame([bytes]).records).toEqual(['<1>a\uFFFD\uFFFD\uFFFD', '<2>bc']);
});

test('without messages there are no records', () => {
  expect(frame([]).records).toEqual([]);
  expect(frame(['\n\r\n\0', '\n']).records).toEqual([]);
});
