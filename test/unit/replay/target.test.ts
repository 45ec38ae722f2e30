import { indexOfTarget, isReplayMark, replayTarget } from '../../../shared/replay/target.ts';

it.each(['hub', 'detect', 'index:replay-new-rules'])('%s is a target', (target) => {
  expect(replayTarget(target)).toBe(target);
  expect(indexOfTarget(replayTarget(target))).toBe(target.startsWith('index:') ? 'replay-new-rules' : undefined);
});

it.each([
  ['index', '--to must be hub, detect or index:replay-<name> (found "index")'],
  ['index:', '--to must be index:replay-<name>, the name of lower-case letters, digits, ".", "_" and "-", at most 100 (found "index:")'],
  ['index:ocsf-api_activity-2026.11.20', '--to must be index:replay-<name>,'],
  ['index:replay-A', '--to must be index:replay-<name>,'],
  ['index:replay-a/_doc', '--to must be index:replay-<name>,'],
])('%s is none', (target, message) => {
  expect(() => replayTarget(target)).toThrow(message);
});

it.each([
  ['no object', 'hub'],
  ['no id', { to: 'hub', alerts: false }],
  ['another target', { id: 'a', to: 'everywhere', alerts: false }],
  ['an index of others', { id: 'a', to: 'index:.opendistro_security', alerts: false }],
  ['no word on alerts', { id: 'a', to: 'hub' }],
])('a mark is none with %s', (_, mark) => {
  expect(isReplayMark(mark)).toBe(false);
});
