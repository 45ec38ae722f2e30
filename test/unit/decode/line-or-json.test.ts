// A unit of lines that may hold JSON objects instead: Firehose wraps the lines of some services so.
import { createFramer } from '../../../shared/decode/framer.ts';

function records(text: string, size: number): string[] {
  const found: string[] = [];
  const framer = createFramer(
    { kind: 'lines', isHeader: (line) => line.startsWith('#'), orJson: true },
    {
      record: (one) => found.push(one),
      header: (line) => found.push(`header ${line}`),
      broken: (_reject, one) => found.push(`broken ${one}`),
    },
  );
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) framer.push(bytes.subarray(at, at + size));
  framer.end();
  return found;
}

test.each([1, 3, 1000])('is told by its first byte, in chunks of %i', (size) => {
  expect(records('#one\na {"b":1}\nc', size)).toEqual(['header #one', 'a {"b":1}', 'c']);
  expect(records(' \n{"message":"a"}{"message":"b"}\n{"message":"c"}', size)).toEqual([
    '{"message":"a"}',
    '{"message":"b"}',
    '{"message":"c"}',
  ]);
  expect(records('{"message":"a\\nb"}\nx', size)).toEqual(['{"message":"a\\nb"}', 'broken x']);
  expect(records('', size)).toEqual([]);
  expect(records(' \n \n', size)).toEqual([]);
});
