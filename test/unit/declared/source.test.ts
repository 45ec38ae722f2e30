// What a declared source is to the platform: claims, places, ids, and events that are OCSF whatever the input.
import fc from 'fast-check';
import { claimsOf, locateOf } from '../../../shared/declared/claims.ts';
import { lookup } from '../../../shared/declared/match.ts';
import { wildcard } from '../../../shared/declared/wildcard.ts';
import { claim, SOURCES, sourceNamed } from '../../../shared/sources/registry.ts';
import type { Delivery } from '../../../shared/sources/api.ts';
import { DOOR, eventOf, ORIGIN, run, sourceOf } from './yaml.ts';

const AT = '2026-02-03T09:15:30Z';

describe('wildcards', () => {
  test.each([
    ['a*c', ['ac', 'abc', 'a\nc', 'a*c'], ['abcd', 'xac', 'a']],
    ['*', ['', 'x'], []],
    ['a', ['a'], ['', 'aa']],
    ['*a*b*', ['ab', 'xaxbx'], ['ba', 'a', 'b']],
    ['ab*ba', ['abba', 'abxba'], ['aba', 'ab']],
    ['a.c*', ['a.c'], ['abc']],
    ['*aa*aa', ['aaaa', 'xaayaa'], ['aaa', 'aaaab']],
  ])('%s', (pattern, some, others) => {
    expect(some.filter((text) => !wildcard(pattern)(text))).toEqual([]);
    expect(others.filter((text) => wildcard(pattern)(text))).toEqual([]);
  });

  test('is what the regular expression would be, and takes no time', () => {
    const piece = fc.constantFrom('a', 'b', '*', 'ab');
    const text = fc.array(fc.constantFrom('a', 'b'), { maxLength: 8 }).map((letters) => letters.join(''));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), text, (pieces, word) => {
        const pattern = pieces.join('');
        expect(wildcard(pattern)(word)).toBe(new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(word));
      }),
      { numRuns: 1000 },
    );
    const started = process.cpuUsage();
    expect(wildcard(`${'a*'.repeat(200)}b`)('a'.repeat(1_000_000))).toBe(false);
    expect(process.cpuUsage(started).user).toBeLessThan(500_000);
  });
});

test('values: said exactly, by a pattern, by a range, or just being there', () => {
  const find = lookup([
    ['a*', 'begins'],
    ['ABC', 'exactly'],
    ['1..9', 'small'],
    ['-5..0.5', 'tiny'],
    ['*z', 'ends'],
  ]);
  expect(['abc', 'abcd', 'az', 'z', 5, '9', '9.5', 0.5, -5, '1e0', '', null, true, { a: 1 }].map((raw) => find(raw))).toEqual([
    'exactly', 'begins', 'begins', 'ends', 'small', 'small', undefined, 'tiny', 'tiny', undefined, undefined, undefined, undefined, undefined,
  ]); // prettier-ignore
  const some = lookup([['*', true]]);
  expect([some('x'), some(0), some(false), some([]), some({}), some(null), some(undefined)]).toEqual([
    true,
    true,
    true,
    true,
    true,
    undefined,
    undefined,
  ]);
  // More words than are remembered.
  const many = lookup([['w1*', 1]]);
  for (let at = 0; at < 5000; at++) expect(many(`w${at}`)).toBe(String(at).startsWith('1') ? 1 : undefined);
});

describe('claims', () => {
  const claimed = {
    keys: ['AWSLogs/{account}/redshift/{region}/*_connectionlog_*', 'exports/doors/*.csv'],
    log_groups: ['/doors/*'],
    events: [],
  };

  test.each<[Delivery, boolean, object]>([
    [
      s3('AWSLogs/222222222222/redshift/eu-central-1/2026/02/03/x_connectionlog_2026.gz'),
      true,
      { account: '222222222222', region: 'eu-central-1' },
    ],
    [
      s3('some/prefix/AWSLogs/222222222222/redshift/eu-central-1/x_connectionlog_2026.gz'),
      true,
      { account: '222222222222', region: 'eu-central-1' },
    ],
    [s3('AWSLogs/222222222222/redshift/eu-central-1/2026/02/03/x_userlog_2026.gz'), false, {}],
    [s3('AWSLogs/22222222222/redshift/eu-central-1/x_connectionlog_'), false, {}],
    [s3('xAWSLogs/222222222222/redshift/eu-central-1/x_connectionlog_'), false, {}],
    [s3('exports/doors/2026/a.csv'), true, {}],
    [s3('x/exports/doors/2026/a.csv'), false, {}],
    [{ trigger: 'logs', logGroup: '/doors/fra', logStream: 'x' }, true, {}],
    [{ trigger: 'logs', logGroup: '/doors', logStream: 'x' }, false, {}],
    [{ trigger: 'eventbridge', source: 'aws.kms', detailType: 'x' }, false, {}],
  ])('%j', (delivery, isClaimed, place) => {
    expect(claimsOf(claimed)(delivery)).toBe(isClaimed);
    expect(locateOf(claimed)(delivery)).toEqual(place);
  });

  test('of the sources that ship', () => {
    const told = (delivery: Delivery) => claim(delivery)?.name;
    expect(told({ trigger: 'logs', logGroup: '/aws/redshift/cluster/payments/userlog', logStream: 'payments' })).toBe('redshift-user');
    expect(told({ trigger: 'logs', logGroup: '/aws/redshift/cluster/payments/useractivitylog', logStream: 'payments' })).toBe(
      'redshift-user-activity',
    );
    expect(
      told(s3('AWSLogs/222222222222/redshift/eu-central-1/2026/02/03/222222222222_redshift_eu-central-1_x_userlog_2026-02-03T18:01.gz')),
    ).toBe('redshift-user');
    expect(told({ trigger: 'eventbridge', source: 'aws.kms', detailType: 'KMS CMK Deletion' })).toBe('kms-events');
    expect(told({ trigger: 'eventbridge', source: 'aws.kms', detailType: 'AWS API Call via CloudTrail' })).not.toBe('kms-events');
  });

  function s3(key: string): Delivery {
    return { trigger: 's3', bucket: 'landing', key };
  }
});

describe('ids', () => {
  const named = sourceOf(`${DOOR}uid: [id, 'part?']\n`);
  const uid = (fields: object, more: Parameters<typeof run>[2] = {}): string | undefined =>
    run(named, JSON.stringify({ at: AT, who: 'x', ...fields }), more).events[0]?.metadata.uid;

  test('the same record is one event, however it was delivered', () => {
    expect(uid({ id: 1 })).toBe(uid({ id: 1, more: 2 }, { origin: { ...ORIGIN, uri: 's3://landing/other#1' } }));
    expect(uid({ id: 1, part: 'a' })).not.toBe(uid({ id: 1 }));
    expect(uid({ id: 1 })).not.toBe(uid({ id: '1' }));
    expect(uid({ id: { a: 'x\ny' } })).toMatch(/^[\w-]{20}$/);
  });

  test('another account cannot take its place, nor who writes to a log group of the bank’s own', () => {
    expect(uid({ id: 1 }, { origin: { ...ORIGIN, account: '333333333333' } })).not.toBe(uid({ id: 1 }));
    expect(uid({ id: 1 }, { logGroup: '/app/doors' })).not.toBe(uid({ id: 1 }));
    expect(uid({ id: 1 }, { logGroup: '/aws/doors' })).toBe(uid({ id: 1 }));
  });

  test('without a part that names it, a record goes by its position', () => {
    const lines = [{ id: '' }, { id: null }, { part: 'a' }].map((fields) => JSON.stringify({ at: AT, who: 'x', ...fields }));
    const uids = run(named, lines.join('\n')).events.map(({ metadata }) => metadata.uid);
    expect(new Set(uids).size).toBe(3);
  });
});

test('through CloudWatch Logs an event is of an account, and says which log it came from', () => {
  const event = run(DOOR, JSON.stringify({ at: AT, who: 'x' }), { logGroup: '/app/doors' }).events[0];

  expect(event).toMatchObject({
    cloud: { provider: 'AWS', account: { uid: '222222222222' }, region: 'eu-central-1' },
    metadata: { profiles: ['cloud'], log_name: '/app/doors', log_provider: 'AWS CloudWatch' },
  });
  expect(eventOf(DOOR, { at: AT, who: 'x' })).not.toHaveProperty('cloud');
});

test('a local file is told by texts that all stand in it, or by one of several lists of such', () => {
  const told = (recognise: string, head: string) => sourceOf(`${DOOR}recognise: ${recognise}\n`).recognises(head);
  expect([told('[a, b]', 'xaxb'), told('[a, b]', 'xa'), told('[[a, b], [c]]', 'c'), told('[[a, b], [c]]', 'a')]).toEqual([
    true,
    false,
    true,
    false,
  ]);
  expect(sourceOf(DOOR).recognises('')).toBe(false);
});

test('there are sources enough', () => {
  expect(SOURCES.length).toBeGreaterThanOrEqual(60);
  expect(sourceNamed('kraken')).toBeDefined();
});
