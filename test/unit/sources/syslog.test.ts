import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import fc from 'fast-check';
import { parseSyslog } from '../../../shared/sources/lib/syslog.ts';
import { accessLogTime, productTime, timeWithoutYear } from '../../../shared/sources/lib/times.ts';
import { syslog } from '../../../shared/sources/syslog.ts';
import { isObject, parseJson } from '../../../shared/outcome.ts';
import { validateEvent } from '../../ocsf.ts';
import { DELIVERED, eventOf, runRecords } from './log-run.ts';

describe('a time without a year', () => {
  test.each([
    ['Dec', '31', '23:59:59', '2026-01-01T00:00:10Z', '2025-12-31T23:59:59.000Z'],
    ['Jan', '1', '00:00:01', '2025-12-31T23:59:50Z', '2026-01-01T00:00:01.000Z'],
    ['Jan', '2', '12:00:00', '2025-12-31T00:00:00Z', '2025-01-02T12:00:00.000Z'],
    ['Mar', '1', '12:00:00', '2026-11-01T00:00:00Z', '2026-03-01T12:00:00.000Z'],
    ['Nov', '3', '11:00:00.5', '2026-11-01T12:00:00Z', '2026-11-03T11:00:00.500Z'],
    ['Feb', '29', '12:00:00', '2026-01-01T00:00:00Z', '2024-02-29T12:00:00.000Z'],
    ['Feb', '29', '00:00:00', '2024-02-29T00:00:01Z', '2024-02-29T00:00:00.000Z'],
  ])('%s %s %s delivered at %s is %s', (...[month, day, time, delivered, expected]) => {
    const ms = timeWithoutYear(month, day, time, Date.parse(delivered));
    expect(ms === undefined ? undefined : new Date(ms).toISOString()).toBe(expected);
  });

  test.each([
    ['Feb', '30', '12:00:00'],
    ['Xxx', '1', '12:00:00'],
    ['Jan', '1', '24:00:00'],
    ['Jan', '0', '00:00:00'],
  ])('%s %s %s is none', (month, day, time) => {
    expect(timeWithoutYear(month, day, time, DELIVERED)).toBeUndefined();
  });
});

test.each([
  ['1767225600123', DELIVERED + 123],
  ['1767225600', DELIVERED],
  ['1767225600.5', DELIVERED + 500],
  ['Jan 01 2026 01:00:00 CET', DELIVERED],
  ['Jan  1 2026 00:00:00.250 GMT+00:00', DELIVERED + 250],
  ['Dec 31 2025 19:00:00 -0500', DELIVERED],
  ['2026/01/01 00:00:00', DELIVERED],
  ['2026-01-01T00:00:00,250', DELIVERED + 250],
  ['2026-01-01 02:00:00+02', DELIVERED],
  ['Jan 01 2026 00:00:00 ABC', undefined],
  ['01/02/2026 00:00:00', undefined],
  ['Feb 30 2026 00:00:00', undefined],
  ['99999999999999999999', undefined],
  ['', undefined],
])('the time of a product %j', (said, ms) => {
  expect(productTime(said)).toBe(ms);
});

test('the time of an access log', () => {
  expect(accessLogTime('01/Jan/2026:01:00:00 +0100')).toBe(DELIVERED);
  expect(accessLogTime('31/Feb/2026:01:00:00 +0100')).toBeUndefined();
});

test('what RFC 5424 writes is read again', () => {
  const word = fc
    .string({ unit: fc.constantFrom('a', 'Z', '0', '.', '-', '_', '@', '/', ':'), minLength: 1, maxLength: 20 })
    .filter((text) => text !== '-');
  const field = fc.option(word, { nil: undefined });
  const id = fc.constantFrom('a@1', 'meta', '__proto__', 'x-y');
  const data = fc.dictionary(id, fc.dictionary(fc.constantFrom('k', 'ip', 'constructor'), fc.string()), { noNullPrototype: false });
  const message = fc.record({
    priority: fc.integer({ min: 0, max: 191 }),
    host: field,
    app: field,
    process: field,
    data,
    message: fc.string().filter((text) => !text.startsWith('\uFEFF')),
  });
  fc.assert(
    fc.property(message, (sent) => {
      const written = Object.entries(sent.data)
        .map(
          ([name, parameters]) =>
            `[${name}${Object.entries(parameters)
              .map(([key, text]) => ` ${key}="${escaped(text)}"`)
              .join('')}]`,
        )
        .join('');
      const fields = [sent.host, sent.app, sent.process, undefined].map((text) => text ?? '-').join(' ');
      const text = `<${sent.priority}>1 2026-01-01T00:00:00.5Z ${fields} ${written === '' ? '-' : written} ${sent.message}`;
      expect(parseSyslog(text, 0)).toMatchObject({ ...sent, time: DELIVERED + 500, data: written === '' ? undefined : sent.data });
    }),
  );
});

function escaped(text: string): string {
  return text.replaceAll(/(["\\\]])/g, '\\$1');
}

test('whatever comes, headers are read in time', () => {
  for (const part of ['[a b="c"]', '[a', ' b=""', '"\\', 'a ', '<1>', ':', '1 - ', 'Jan ', '['] as const) {
    for (const start of ['<1>1 - - - - - ', '<1>1 - - - - - [a', '<13>Jan  1 00:00:00 h ', '<13>']) {
      const started = performance.now();
      parseSyslog(start + part.repeat(200_000), 0);
      expect(performance.now() - started).toBeLessThan(1000);
    }
  }
});

test('a message without a time is dated by its delivery', () => {
  expect(eventOf(syslog, '<13>x\n', { time: DELIVERED }).time).toBe(DELIVERED);
  expect(runRecords(syslog, [['<13>1 - - - - - - x', { time: DELIVERED + 5 }]]).events[0]?.time).toBe(DELIVERED + 5);
});

const SAMPLE = resolve(process.cwd(), '../shared/samples/syslog/rfc-cases.ndjson');
(existsSync(SAMPLE) ? describe : describe.skip)('the cases of an RFC 5424 parser', () => {
  const lines = existsSync(SAMPLE) ? readFileSync(SAMPLE, 'utf8').trim().split('\n') : [];
  const cases = lines.flatMap((line) => {
    const parsed = parseJson(line);
    const text = isObject(parsed) ? parsed['line'] : undefined;
    return typeof text === 'string' ? [text] : [];
  });

  test('each is a valid event, but for priorities that there are not', () => {
    expect(cases.length).toBeGreaterThan(150);
    for (const text of cases) {
      const { events, parked } = runRecords(syslog, [[text]]);
      for (const event of events) expect([text, validateEvent(event)]).toEqual([text, []]);
      const priority = Number(/^<(\d{1,3})>/.exec(text)?.[1]);
      expect([text, parked.length]).toEqual([text, priority <= 191 ? 0 : 1]);
    }
  });

  test('valid ones are taken apart', () => {
    const found = (start: string): unknown => parseSyslog(cases.find((text) => text.startsWith(start)) ?? '', 0);
    expect(found('<78>1 2016-01-15T00:04:01+00:00 host1 CROND 10391 - [sdid x="⌘"]')).toMatchObject({
      host: 'host1', app: 'CROND', process: '10391', data: { sdid: { x: '⌘' } }, message: 'some_message',
    }); // prettier-ignore
    expect(found('<29>2 2016-01-15T01:00:43Z some-host-name SEKRETPROGRAM prg - [meta escape="\\]\\"')).toMatchObject({
      data: { meta: { escape: ']"\\\\]"' } },
    });
    expect(found('<29>3 2016-01-15T01:00:43Z hn S - - [meta escape="]"]')).toMatchObject({ data: { meta: { escape: ']' } } });
    expect(found('<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1')).toMatchObject({
      time: Date.parse('2003-08-24T12:14:15Z'),
      message: '%% Time to make the do-nuts.',
    });
  });
});
