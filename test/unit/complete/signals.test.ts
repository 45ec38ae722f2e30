import { clockAnomalies } from '../../../shared/complete/clock.ts';
import { findingOf, signalUid } from '../../../shared/complete/finding.ts';
import { noteOffsets, offsetGaps, type Offsets } from '../../../shared/complete/offsets.ts';
import { SIGNALS, type Signal, type SignalKind } from '../../../shared/complete/signals.ts';
import { noteDelivered, silences, type SilenceState } from '../../../shared/complete/silence.ts';
import { validateEvent } from '../../ocsf.ts';
import { BANK } from '../alert/findings.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe('silence', () => {
  const bank = {
    ...BANK,
    operations: {
      silence: [
        { source: 'vpc-flow', minutes: 30 },
        { source: 'cloudtrail', minutes: 60 },
      ],
    },
  };
  let state: SilenceState;
  beforeEach(() => {
    state = { since: NOW, seen: {}, told: {} };
  });
  const deliver = (source: string, account: string, at: number): readonly Signal[] =>
    noteDelivered(state, { source, account, at, key: `k${at}` });
  const kinds = (signals: readonly Signal[]): readonly string[] =>
    signals.map(({ kind, source, account }) => `${kind} ${source} ${account ?? '-'}`);

  it('is told once as late and once as silent, of each account that has delivered', () => {
    deliver('vpc-flow', '222222222222', NOW);
    deliver('vpc-flow', '333333333333', NOW + 35 * MINUTE);
    deliver('cloudtrail', '222222222222', NOW + 20 * HOUR);
    expect(kinds(silences(state, bank, NOW + 40 * MINUTE))).toEqual([]);
    expect(kinds(silences(state, bank, NOW + 41 * MINUTE))).toEqual(['source_late vpc-flow 222222222222']);
    expect(kinds(silences(state, bank, NOW + 60 * MINUTE))).toEqual([]);
    expect(kinds(silences(state, bank, NOW + 101 * MINUTE))).toEqual([
      'source_silent vpc-flow 222222222222',
      'source_late vpc-flow 333333333333',
    ]);
    expect(kinds(silences(state, bank, NOW + 19 * HOUR))).toEqual(['source_silent vpc-flow 333333333333']);
  });

  it('closes when the source is back, and is told anew the next time', () => {
    deliver('vpc-flow', '222222222222', NOW);
    const told = silences(state, bank, NOW + 2 * HOUR).filter(({ source }) => source === 'vpc-flow');
    const closed = deliver('vpc-flow', '222222222222', NOW + 3 * HOUR);
    expect(kinds(closed)).toEqual(['source_late vpc-flow 222222222222', 'source_silent vpc-flow 222222222222']);
    expect(closed.map((signal) => signalUid(signal, 'demo'))).toEqual(told.map((signal) => signalUid(signal, 'demo')));
    expect(closed.every(({ closed: at }) => at === NOW + 3 * HOUR)).toBe(true);
    expect(deliver('vpc-flow', '222222222222', NOW + 3 * HOUR + 1)).toEqual([]);
    const again = silences(state, bank, NOW + 4 * HOUR).filter(({ source }) => source === 'vpc-flow');
    expect(kinds(again)).toEqual(['source_late vpc-flow 222222222222']);
    expect(again[0]?.about).not.toEqual(told[0]?.about);
  });

  it('is not ended by what was delivered before it', () => {
    deliver('vpc-flow', '222222222222', NOW);
    silences(state, bank, NOW + 2 * HOUR);
    expect(deliver('vpc-flow', '222222222222', NOW - HOUR)).toEqual([]);
  });

  it('is told of accounts that never delivered: all for cloudtrail, those that are named for others', () => {
    expect(kinds(silences(state, bank, NOW + 2 * HOUR))).toEqual([
      'source_late vpc-flow -',
      'source_silent vpc-flow -',
      'source_late cloudtrail 222222222222',
    ]);
    const named = {
      ...bank,
      operations: {
        silence: [
          { source: 'alb', minutes: 30, accounts: ['333333333333'] },
          { source: 'waf', minutes: 30, accounts: 'all' as const },
        ],
      },
    };
    expect(kinds(silences({ since: NOW, seen: {}, told: {} }, named, NOW + HOUR))).toEqual([
      'source_late alb 333333333333',
      'source_late waf 222222222222',
    ]);
    // The first delivery by any account ends that there was none.
    expect(kinds(deliver('vpc-flow', '444444444444', NOW + 2 * HOUR))).toEqual(['source_late vpc-flow -', 'source_silent vpc-flow -']);
  });

  it('needs no entry in the file of the bank', () => {
    expect(silences(state, { ...BANK, accounts: [] }, NOW + DAY)).toEqual([]);
  });
});

describe('offsets', () => {
  let offsets: Offsets;
  beforeEach(() => {
    offsets = {};
  });
  const deliver = (first: number, last: number, time = NOW, now = NOW): readonly Signal[] =>
    noteOffsets(offsets, `kafka://main/payments/3/${first}-${last}@${time}`, now);
  const gaps = (now: number): readonly string[] => offsetGaps(offsets, now).map(({ about }) => about.slice(1).join('-'));

  it('that were never delivered are told once, an hour later', () => {
    deliver(100, 199);
    deliver(250, 299);
    expect(gaps(NOW + HOUR - 1)).toEqual([]);
    expect(gaps(NOW + HOUR)).toEqual(['200-249']);
    expect(gaps(NOW + 2 * HOUR)).toEqual([]);
  });

  it('that come out of order, twice or in other batches are no gap', () => {
    deliver(100, 199);
    deliver(300, 399);
    deliver(200, 299);
    deliver(150, 320);
    deliver(400, 499);
    expect(gaps(NOW + DAY)).toEqual([]);
  });

  it('of which a part comes late leave the rest', () => {
    deliver(0, 9);
    deliver(100, 199);
    deliver(40, 49);
    expect(gaps(NOW + HOUR)).toEqual(['10-39', '50-99']);
    const closed = deliver(50, 99, NOW, NOW + 2 * HOUR);
    expect(closed.map(({ about, closed: at }) => [about.at(-1), at])).toEqual([['99', NOW + 2 * HOUR]]);
  });

  it('begin again where the topic was made again', () => {
    deliver(5000, 5999);
    deliver(0, 9, NOW + DAY);
    deliver(20, 29, NOW + DAY);
    expect(gaps(NOW + HOUR)).toEqual(['10-19']);
  });

  it('of other ways say nothing', () => {
    expect(noteOffsets(offsets, 'kinesis://stream/shard-0/100-200', NOW)).toEqual([]);
    expect(noteOffsets(offsets, 's3://bucket/kafka://main/payments/3/1-2@3#e', NOW)).toEqual([]);
    expect(offsets).toEqual({});
  });
});

describe('clocks', () => {
  const unit = {
    source: 'syslog',
    account: '222222222222',
    region: 'eu-central-1',
    key: 'demo/k',
    origin: 's3://b/k#e',
    first: NOW,
    last: NOW,
    delivered: NOW,
  };

  it('that run ahead or far behind are told, once a day for each source and account', () => {
    expect(clockAnomalies(unit)).toEqual([]);
    expect(clockAnomalies({ ...unit, first: null, last: null })).toEqual([]);
    expect(clockAnomalies({ ...unit, last: NOW + DAY, first: NOW - 35 * DAY })).toEqual([]);
    const [future, past] = clockAnomalies({ ...unit, last: NOW + DAY + 1, first: NOW - 35 * DAY - 1 });
    expect(future).toMatchObject({ kind: 'clock_future', about: ['syslog', '222222222222', '2026-11-21'], quiet: true });
    expect(past).toMatchObject({ kind: 'clock_past' });
    expect(clockAnomalies({ ...unit, delivered: NOW + 1000, last: NOW + 2 * DAY, key: 'other' })[0]?.about).toEqual(future?.about);
  });

  it('of what was imported may be as they are', () => {
    expect(clockAnomalies({ ...unit, origin: 's3://landing/imports/syslog/2019.log#e', first: 0 })).toEqual([]);
  });
});

describe('findings', () => {
  const signal: Signal = {
    kind: 'file_missing',
    about: ['s3://b/k'],
    detail: 's3://b/k was not delivered',
    time: NOW,
    account: '222222222222',
    region: 'eu-central-1',
    source: 'cloudtrail',
    resource: 's3://b/k',
    evidence: 'demo/cloudtrail/k',
  };

  it.each(Object.keys(SIGNALS) as SignalKind[])('of kind %s are valid OCSF, open and closed', (kind) => {
    expect(validateEvent(findingOf({ ...signal, kind }, 'demo'))).toEqual([]);
    expect(validateEvent(findingOf({ ...signal, kind, closed: NOW + HOUR }, 'demo'))).toEqual([]);
    expect(validateEvent(findingOf({ kind, about: [], detail: 'x', time: NOW, source: 'kafka main' }, 'demo'))).toEqual([]);
  });

  it('are the same for the same thing, and say what, where and what to do', () => {
    const finding = findingOf(signal, 'demo');
    expect(finding.metadata.uid).toBe(findingOf({ ...signal, detail: 'in other words' }, 'demo').metadata.uid);
    expect(finding.metadata.uid).not.toBe(findingOf({ ...signal, about: ['s3://b/k2'] }, 'demo').metadata.uid);
    expect(finding.metadata.uid).not.toBe(findingOf(signal, 'other').metadata.uid);
    expect(finding).toMatchObject({
      class_uid: 2004,
      is_alert: true,
      severity_id: 4,
      cloud: { account: { uid: '222222222222' }, region: 'eu-central-1' },
      finding_info: { title: 'CloudTrail log file is missing', types: ['logging-failure'] },
      resources: [{ uid: 's3://b/k' }],
    });
  });

  it('that are over close the finding that was opened, as another document, and alert nobody', () => {
    const opened = findingOf(signal, 'demo');
    const closed = findingOf({ ...signal, closed: NOW + HOUR }, 'demo');
    expect(closed).toMatchObject({ activity_id: 3, status_id: 4, is_alert: false, time: NOW + HOUR });
    expect(closed['finding_info']).toMatchObject({ uid: opened.metadata.uid });
    expect(closed.metadata.uid).not.toBe(opened.metadata.uid);
  });
});
