import { createFramer } from '../../../shared/decode/framer.ts';

function frame(bytes: Buffer): { readonly records: readonly string[]; readonly broken: readonly string[] } {
  const records: string[] = [];
  const broken: string[] = [];
  const framer = createFramer(
    { kind: 'json' },
    { record: (text) => records.push(text), header: () => undefined, broken: (_, text) => broken.push(text) },
  );
  framer.push(bytes);
  framer.end();
  return { records, broken };
}

const short = (index: number) => `{"level":"info","n":${index}}`;
const long = (index: number) => `{"time":"2026-01-01T00:00:00Z","message":"paid ${index}","n":${index}}`;

// Many in one chunk: what is looked for from every record, up to the end of the chunk, would take minutes here.
describe('40,000 records that begin differently are found, each once', () => {
  test.each<[string, (index: number) => string]>([
    ['the first unlike all others', (index) => (index === 0 ? short(index) : long(index))],
    ['the first two unlike all others', (index) => (index < 2 ? short(index) : long(index))],
    ['the first two and the last unlike all others', (index) => (index < 2 || index === 39_999 ? short(index) : long(index))],
    ['two by two', (index) => ((index >> 1) % 2 === 0 ? short(index) : long(index))],
    ['one within the other', (index) => (index % 2 === 0 ? short(index) : `{"outer":[${short(index)},${short(index)}]}`)],
  ])('%s', (_, make) => {
    const records = Array.from({ length: 40_000 }, (__, index) => make(index));
    const found = frame(Buffer.from(records.join('\n')));

    expect(found.broken).toEqual([]);
    expect(found.records.length).toBe(records.length);
    expect(found.records.findIndex((text, index) => text !== records[index])).toBe(-1);
  });
});
