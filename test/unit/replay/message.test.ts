import { readMessage } from '../../../shared/replay/message.ts';
import { isReplayId, newReplayId } from '../../../shared/replay/store.ts';

const MESSAGE = { replay: '20261121T093000Z-9f3c21ab', chunk: 3, access: '_statements/access/2026/11/21/a.json' };

it('is read as it was sent', () => {
  expect(readMessage(JSON.stringify(MESSAGE))).toEqual(MESSAGE);
  expect(isReplayId(newReplayId(Date.now()))).toBe(true);
});

it.each([
  ['no JSON', ''],
  ['no id that can be in a key', JSON.stringify({ ...MESSAGE, replay: '../parse' })],
  ['no chunk', JSON.stringify({ ...MESSAGE, chunk: '3' })],
  ['a chunk below zero', JSON.stringify({ ...MESSAGE, chunk: -1 })],
  ['no access on record', JSON.stringify({ ...MESSAGE, access: undefined })],
])('%s is no message', (_, body) => {
  expect(readMessage(body)).toBeUndefined();
});
