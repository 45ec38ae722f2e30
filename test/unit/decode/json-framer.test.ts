import fc from 'fast-check';
import { MAX_RECORD_BYTES } from '../../../shared/decode/frame-sink.ts';
import { createFramer } from '../../../shared/decode/framer.ts';

interface Framed {
  readonly records: string[];
  readonly broken: { readonly code: string; readonly text: string }[];
}

function frame(chunks: readonly Buffer[], arrayKey = 'Records'): Framed {
  const framed: Framed = { records: [], broken: [] };
  const framer = createFramer(
    { kind: 'json', arrayKey },
    {
      record: (text) => framed.records.push(text),
      header: () => undefined,
      broken: ({ code }, text) => framed.broken.push({ code, text }),
    },
  );
  for (const chunk of chunks) framer.push(chunk);
  framer.end();
  return framed;
}

/** Cuts the bytes at the given places (fractions of the length). */
function cut(bytes: Buffer, places: readonly number[]): readonly Buffer[] {
  const at = places.map((place) => Math.floor(place * bytes.length)).sort((a, b) => a - b);
  const edges = [0, ...at, bytes.length];
  return edges.slice(1).map((end, index) => bytes.subarray(edges[index], end));
}

const objects = fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { maxLength: 20 });
const fraction = fc.double({ min: 0, max: 1, noNaN: true });
const places = fc.array(fraction, { maxLength: 8 });

test('finds every object of the array, however the bytes are cut', () => {
  fc.assert(
    fc.property(objects, places, fc.constantFrom(undefined, 2), (records, at, indent) => {
      const bytes = Buffer.from(JSON.stringify({ version: [1, { Records: 'no' }], Records: records, after: [{ a: '}' }] }, null, indent));
      const framed = frame(cut(bytes, at));
      expect(framed.broken).toEqual([]);
      expect(framed.records.map((text) => JSON.parse(text) as unknown)).toEqual(JSON.parse(JSON.stringify(records)));
    }),
  );
});

test('finds every object of NDJSON, however the bytes are cut', () => {
  fc.assert(
    fc.property(objects, places, (records, at) => {
      const bytes = Buffer.from(records.map((record) => JSON.stringify(record)).join('\n'));
      const framed = frame(cut(bytes, at));
      expect(framed.broken).toEqual([]);
      expect(framed.records.map((text) => JSON.parse(text) as unknown)).toEqual(JSON.parse(JSON.stringify(records)));
    }),
  );
});

test('hands a record on exactly as it stands', () => {
  const record = '{ "a" : "ü\\u0000\\"}{" , "b":[ {"c" : 1.0} ] }';
  expect(frame([Buffer.from(`{"Records":[${record} , ${record}]}`)]).records).toEqual([record, record]);
});

describe('one damaged record among good ones', () => {
  const good = Array.from({ length: 1000 }, (_, index) =>
    JSON.stringify({ eventVersion: '1.11', id: index, nested: [{ text: 'a "quoted" }, {' }] }),
  );
  const damages: Readonly<Record<string, (text: string) => string>> = {
    'a brace is missing at the end': (text) => text.slice(0, -1),
    'a quote is missing': (text) => text.replace('"id"', '"id'),
    'the end is torn off': (text) => text.slice(0, 20),
    'a brace too many': (text) => `${text}}`,
    'a bracket is missing': (text) => text.replace(']', ''),
  };
  test.each(Object.keys(damages))('%s: the others are found', (name) => {
    const lines = good.map((text, index) => (index === 500 ? (damages[name]?.(text) ?? '') : text));
    for (const bytes of [Buffer.from(`{"Records":[${lines.join(',')}]}`), Buffer.from(lines.join('\n'))]) {
      const framed = frame(cut(bytes, [0.1, 0.5, 0.51, 0.9]));
      const ids = framed.records.flatMap((text) => parsedId(text) ?? []);
      expect(ids.filter((id) => id !== 500)).toEqual(good.map((_, index) => index).filter((id) => id !== 500));
      expect(framed.broken.length + framed.records.length - 999).toBeGreaterThanOrEqual(1);
      expect(framed.broken.length + framed.records.length - 999).toBeLessThanOrEqual(2);
    }
  });
});

function parsedId(text: string): number | undefined {
  try {
    return (JSON.parse(text) as { id: number }).id;
  } catch {
    return undefined;
  }
}

test('says that records may be missing where the array never ends', () => {
  const framed = frame([Buffer.from('{"Records":[{"a":1},{"a":2},')]);
  expect(framed.records).toEqual(['{"a":1}', '{"a":2}']);
  expect(framed.broken).toEqual([{ code: 'malformed_json', text: '' }]);
});

test('gives up a record that never ends, and says so', () => {
  expect(frame([Buffer.from('{"Records":[{"a":1},{"a":')]).broken.map(({ code }) => code)).toEqual(['malformed_json', 'malformed_json']);
  expect(frame([Buffer.from('{"Rec')]).broken).toEqual([{ code: 'malformed_json', text: '{"Rec' }]);
});

test('gives up a record beyond the limit without keeping it, and finds the next', () => {
  const huge = `{"id":"${'x'.repeat(MAX_RECORD_BYTES + 10)}"}`;
  const framed = frame(cut(Buffer.from(`{"Records":[{"id":"1"},${huge},{"id":"2"}]}`), [0.2, 0.4, 0.6, 0.8]));
  expect(framed.records).toContain('{"id":"1"}');
  expect(framed.records).toContain('{"id":"2"}');
  expect(framed.broken[0]?.code).toBe('record_too_large');
});

test('text that is no JSON is kept up to the limit however long it is, told once, and what follows it is found', () => {
  const garbage = Array.from({ length: 12 }, () => Buffer.alloc(MAX_RECORD_BYTES / 4, 'x y, z'));
  const { records, broken } = frame([...garbage, Buffer.from('{"a":1} z {"a":2}')]);
  expect(records).toEqual(['{"a":1}', '{"a":2}']);
  expect(broken.map(({ code, text }) => [code, text.length])).toEqual([
    ['malformed_json', MAX_RECORD_BYTES],
    ['malformed_json', 1],
  ]);
});

test('a second array begun inside the first takes nothing with it unseen', () => {
  const { records, broken } = frame([Buffer.from('{"Records":[{"a":1},{"Records":[{"a":2}]}]}')]);
  expect(records).toEqual(['{"a":1}', '{"a":2}']);
  expect(broken[0]).toEqual({ code: 'malformed_json', text: '{"Records":' });
});

test('a unit of nothing but objects that never end is given up in one piece after a while', () => {
  const text = '{"a":\n'.repeat(50_000);
  const { records, broken } = frame([Buffer.from(text)]);
  expect(records).toEqual([]);
  expect(broken.length).toBe(201);
  expect(broken.map((part) => part.text).join('')).toBe(text);
});

test('text that is no JSON at all is broken, not lost', () => {
  expect(frame([Buffer.from('hello world\n')])).toEqual({ records: [], broken: [{ code: 'malformed_json', text: 'hello world' }] });
});

test('nothing gives nothing', () => {
  expect(frame([])).toEqual({ records: [], broken: [] });
  expect(frame([Buffer.from('{"Records":[]}')])).toEqual({ records: [], broken: [] });
});
