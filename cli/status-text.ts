// The tables of `strongroom status`.
import { isDeadLetters, type Platform } from '../shared/status/platform.ts';
import type { Row } from '../shared/status/judge.ts';
import type { Status } from './commands/status.ts';

/** @returns the whole answer, with its line feed. */
export function statusText({ bank, at, rows, platforms, residency, faults }: Status): string {
  const head = ['account', 'source', 'region', 'state', 'expected', 'last event', 'last arrival', 'lag', 'gaps'];
  const lines = [
    `Sources of bank ${bank} at ${new Date(at).toISOString().slice(0, 16)}Z`,
    '',
    ...table([head, ...rows.map((row) => cells(row, at))]),
    '',
    ...platforms.flatMap((platform) => [...platformLines(platform)]),
    ...residencyLines(residency),
    ...faults.map((fault) => `Not seen: ${fault}`),
    countLine(rows),
  ];
  return `${lines.join('\n')}\n`;
}

function cells({ account, source, region, state, expected, seen, arrived, lag, gaps }: Row, now: number): readonly string[] {
  const times = [seen, arrived].map((time) => (time === undefined ? '–' : `${age(now - time)} ago`));
  return [
    account,
    source,
    region,
    state,
    expected ? 'yes' : 'no',
    ...times,
    lag === undefined ? '–' : age(lag * 1000),
    gaps === undefined ? '–' : `${gaps} h`,
  ];
}

const UNITS = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
] as const;

/** @param ms of a length of time. @returns in its largest unit, as `12 min`. */
function age(ms: number): string {
  for (const [unit, name] of UNITS) if (ms >= 2 * unit) return `${Math.floor(ms / unit)} ${name}`;
  return `${Math.max(0, Math.round(ms / 1000))} s`;
}

function* platformLines({ region, alarms, queues, streams }: Platform): Generator<string> {
  yield `Platform in ${region}: ${alarms.length === 0 ? 'no alarm rings' : `${alarms.length} alarms ring`}`;
  for (const { name, reason } of alarms) yield `  alarm ${name}: ${reason}`;
  const dead = queues.filter((queue) => isDeadLetters(queue) && queue.waiting + queue.inHand > 0);
  for (const { name, waiting, inHand } of dead) yield `  dead letters ${name}: ${waiting + inHand}`;
  const busy = queues.filter((queue) => !isDeadLetters(queue));
  yield `  queues: ${busy.map(({ name, waiting, inHand }) => `${shortName(name)} ${waiting + inHand}`).join(', ')}; dead letters in ${dead.length} of ${queues.length - busy.length}`;
  yield `  streams, oldest unread: ${streams.map(({ name, age: seconds }) => `${shortName(name)} ${seconds === undefined ? '–' : age(seconds * 1000)}`).join(', ')}`;
  yield '';
}

/** Without what all of the bank's names begin with. */
function shortName(name: string): string {
  return name.split('-').slice(2).join('-');
}

function residencyLines(residency: Status['residency']): readonly string[] {
  if (residency.length === 0) return [];
  const rows = residency.map(({ account, region, class: name, may_live: live, may_move_to: targets, policy }) => [
    account,
    region,
    name,
    live ? 'may live here' : 'must not be here',
    targets === 'any' ? 'anywhere' : targets.length === 0 ? 'nowhere' : targets.join(' '),
    policy,
  ]);
  return ['Residency', ...table([['account', 'region', 'class', 'rule', 'may move to', 'policy'], ...rows]), ''];
}

function countLine(rows: readonly Row[]): string {
  const states = ['ok', 'late', 'silent', 'never', 'unexpected'] as const;
  return states.map((state) => `${rows.filter((row) => row.state === state).length} ${state}`).join(', ');
}

/** @param rows of equally many cells; the first is the heading. */
function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd();
  return rows.flatMap((row, at) => (at === 0 ? [line(row), widths.map((width) => '─'.repeat(width)).join('  ')] : [line(row)]));
}
