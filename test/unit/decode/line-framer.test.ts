import fc from 'fast-check';
import { MAX_RECORD_BYTES } from '../../../shared/decode/frame-sink.ts';
import { createFramer } from '../../../shared/decode/framer.ts';

function frame(chunks: readonly Buffer[]): { readonly seen: string[]; readonly broken: string[] } {
  const seen: string[] = [];
  const broken: string[] = [];
  const framer = createFramer(
    { kind: 'lines', isHeader: (line) => line.startsWith('#') },
    { record: (text) => seen.push(text), header: (line) => seen.push(`header ${line}`), broken: ({ code }) => broken.push(code) },
  );
  for (const chunk of chunks) framer.push(chunk);
  framer.end();
  return { seen, broken };
}

const line = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }).map((text) => `l${text.replaceAll(/[\r\n]/g, ' ')}`);

test('finds every line, however the bytes are cut and characters are torn', () => {
  fc.assert(
    fc.property(
      fc.array(line),
      fc.constantFrom('\n', '\r\n'),
      fc.boolean(),
      fc.integer({ min: 1, max: 30 }),
      (lines, end, closed, size) => {
        const bytes = Buffer.from(lines.join(end) + (closed ? end : ''));
        const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
          bytes.subarray(index * size, (index + 1) * size),
        );
        expect(frame(chunks)).toEqual({ seen: lines, broken: [] });
      },
    ),
  );
});

test('headers are told apart, in their place', () => {
  expect(frame([Buffer.from('#one\na\n#two\nb')]).seen).toEqual(['header #one', 'a', 'header #two', 'b']);
});

test('a line beyond the limit is given up, the next is found', () => {
  const long = 'x'.repeat(MAX_RECORD_BYTES / 2 + 1);
  expect(frame([Buffer.from('a\n'), Buffer.from(long), Buffer.from(long), Buffer.from('tail\nb\n')])).toEqual({
    seen: ['a', 'b'],
    broken: ['record_too_large'],
  });
});

test('empty lines are no records', () => {
  expect(frame([Buffer.from('\n\na\n\r\n\n')]).seen).toEqual(['a']);
});

test('where only the first line can be a header, a record cannot pose as one', () => {
  const seen: string[] = [];
  const framer = createFramer(
    { kind: 'lines', isHeader: (line) => line.startsWith('ID'), headerFirst: true },
    { record: (text) => seen.push(text), header: (line) => seen.push(`header ${line}`), broken: () => undefined },
  );
  framer.push(Buffer.from('ID,NAME\n1,a\nID,OTHER\nID,NAME\n2,b\n'));
  framer.end();
  expect(seen).toEqual(['header ID,NAME', '1,a', 'ID,OTHER', 'header ID,NAME', '2,b']);
});
