import { gzipSync } from 'node:zlib';
import { gunzipText } from '../../../shared/decode/gunzip.ts';

test('expands up to the limit, to the byte', () => {
  const text = 'größe €';
  const bytes = gzipSync(text);

  expect(gunzipText(bytes, Buffer.byteLength(text))).toEqual({ kind: 'value', value: text });
  expect(gunzipText(bytes, Buffer.byteLength(text) - 1)).toMatchObject({ kind: 'reject', reject: { code: 'too_large' } });
});

test.each([
  ['nothing', Buffer.alloc(0)],
  ['text', Buffer.from('{"logEvents":[]}')],
  ['gzip that is cut', gzipSync('text').subarray(0, 12)],
  ['gzip with a wrong checksum', Buffer.concat([gzipSync('text').subarray(0, -8), Buffer.alloc(8)])],
])('%s is corrupt', (_, bytes) => {
  expect(gunzipText(bytes, 1000)).toMatchObject({ kind: 'reject', reject: { code: 'corrupt_compression' } });
});
