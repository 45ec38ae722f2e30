import fc from 'fast-check';
import type { Json, OcsfEvent } from '../../../shared/model.ts';
import type { Normaliser } from '../../../shared/normalise.ts';
import { isArray, isObject, value } from '../../../shared/outcome.ts';
import { eachOf } from '../../../shared/parts.ts';
import type { Source } from '../../../shared/sources/api.ts';
import { chunks, ORIGIN, positions, run, TIME, toySource } from './toy.ts';

const EVENT = ['good', 'good größer €', 'fine'];
const EXCLUDED = ['skip', 'good health check'];
const PARKED = ['bad', 'throw in parse', 'throw in map', 'good but late'];
const HEADER = ['# one', '# two'];

const line = fc.oneof(
  fc.constantFrom(...EVENT),
  fc.constantFrom(...EXCLUDED),
  fc.constantFrom(...PARKED),
  fc.constantFrom(...HEADER),
  fc.constant(''),
);
const lines = fc.array(line, { maxLength: 40 });
const sizes = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 5 });

function count(all: readonly string[], some: readonly string[]): number {
  return all.filter((one) => some.includes(one)).length;
}

describe('conservation', () => {
  it('every record of a unit ends in exactly one place', () => {
    fc.assert(
      fc.property(lines, sizes, fc.boolean(), (all, cuts, isCut) => {
        const seen = run((normaliser) => {
          for (const chunk of chunks(Buffer.from(all.join('\n')), cuts)) normaliser.push(chunk);
          if (isCut) normaliser.unreadable({ code: 'corrupt_compression', detail: 'Z_BUF_ERROR' });
        });
        const { counts } = seen.summary;

        expect(counts).toEqual({
          records: count(all, [...EVENT, ...EXCLUDED, ...PARKED]) + Number(isCut),
          events: count(all, EVENT),
          excluded: count(all, EXCLUDED),
          parked: count(all, PARKED) + Number(isCut),
        });
        expect(counts.records).toBe(counts.events + counts.excluded + counts.parked);
        const first = isCut ? -1 : 0;
        expect(positions(seen)).toEqual(Array.from({ length: counts.records }, (_, at) => at + first));
      }),
    );
  });

  it('the same for records that the trigger delivers one by one, control messages among them', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...EVENT, ...EXCLUDED, ...PARKED, 'control')), (all) => {
        const seen = run((normaliser) => {
          for (const one of all)
            if (one === 'control') normaliser.exclude('control_message');
            else normaliser.record(one);
        });

        expect(seen.summary.counts).toEqual({
          records: all.length,
          events: count(all, EVENT),
          excluded: count(all, [...EXCLUDED, 'control']),
          parked: count(all, PARKED),
        });
        expect(positions(seen)).toEqual([...all.keys()]);
      }),
    );
  });

  it('the same for an object of JSON that is damaged anywhere', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...EVENT, ...EXCLUDED, ...PARKED), { minLength: 1, maxLength: 12 }),
        fc.nat(),
        fc.integer({ min: 0, max: 60 }),
        (all, at, length) => {
          const whole = Buffer.from(JSON.stringify({ Records: all.map((word) => ({ word })) }));
          const start = at % whole.length;
          const damaged = Buffer.concat([whole.subarray(0, start), whole.subarray(start + length)]);
          const seen = run((normaliser) => normaliser.push(damaged), { source: toySource({ kind: 'json', arrayKey: 'Records' }) });
          const { records, events, excluded, parked } = seen.summary.counts;

          expect(records).toBe(events + excluded + parked);
          expect(positions(seen)).toEqual(Array.from({ length: records }, (_, index) => index));
        },
      ),
    );
  });

  it('counts excluded records by rule and parked ones by code, whatever the rules are called', () => {
    const { summary } = run((normaliser) => {
      for (const text of ['skip', 'skip', 'bad', 'good but late', 'throw in map']) normaliser.record(text);
      normaliser.exclude('constructor');
      normaliser.exclude('__proto__');
      normaliser.unreadable({ code: 'too_large', detail: '' });
    });

    expect(Object.entries(summary.excludedBy)).toEqual([
      ['toy_skip', 2],
      ['constructor', 1],
      ['__proto__', 1],
    ]);
    expect(summary.parkedBy).toEqual({ malformed_record: 2, time_out_of_range: 1, too_large: 1 });
  });

  it('a unit that no source claims is parked record by record, as unknown', () => {
    const seen = run((normaliser) => normaliser.record('good'), { source: undefined });

    expect(seen.summary.counts).toEqual({ records: 1, events: 0, excluded: 0, parked: 1 });
    expect(seen.parked[0]).toMatchObject({ code: 'unknown_source', index: 0, raw: 'good' });
  });
});

describe('what a parked record tells', () => {
  it('where it came from, why, and what stood there', () => {
    const { parked } = run((normaliser) => normaliser.push(Buffer.from('good\nbad 1\nthrow in parse 2\ngood but late')));

    expect(parked).toEqual([
      { stage: 'parse', code: 'malformed_record', detail: 'it is bad', origin: ORIGIN, index: 1, raw: 'bad 1' },
      {
        stage: 'parse',
        code: 'malformed_record',
        detail: 'toy failed on it: TypeError',
        origin: ORIGIN,
        index: 2,
        raw: 'throw in parse 2',
      },
      { stage: 'parse', code: 'time_out_of_range', detail: `time ${Date.UTC(2100, 0, 1)}`, origin: ORIGIN, index: 3, raw: 'good but late' },
    ]);
  });

  it('what could not be read of the unit as position -1', () => {
    const { parked } = run((normaliser) => normaliser.unreadable({ code: 'corrupt_compression', detail: 'Z_DATA_ERROR' }, 'rest'));

    expect(parked).toEqual([
      { stage: 'decode', code: 'corrupt_compression', detail: 'Z_DATA_ERROR', origin: ORIGIN, index: -1, raw: 'rest' },
    ]);
  });

  it('an event that cannot be written out, because it is nested without end, is parked and not counted as an event', () => {
    let nested: object = {};
    for (let depth = 0; depth < 200_000; depth++) nested = { nested };
    const written: string[] = [];
    const seen = run((normaliser) => normaliser.push(Buffer.from('good\ngood deep\ngood')), {
      transforms: [(event) => value(String(event['message']).includes('deep') ? { ...event, nested } : event)],
      onEvent: (event) => written.push(JSON.stringify(event)),
    });

    expect(written).toHaveLength(2);
    expect(seen.summary.counts).toEqual({ records: 3, events: 2, excluded: 0, parked: 1 });
    expect(seen.parked[0]).toMatchObject({ stage: 'map', code: 'malformed_record', index: 1, raw: 'good deep' });
  });

  it('a failure of what takes the events is no property of the record: it is thrown', () => {
    const failing = () =>
      run((normaliser) => normaliser.record('good'), {
        onEvent: () => {
          throw new Error('the disk is full');
        },
      });

    expect(failing).toThrow('the disk is full');
  });
});

describe('what reaches a source and its events', () => {
  it('a record sees the last header before it', () => {
    const { events } = run((normaliser) => normaliser.push(Buffer.from('good\n# one\ngood\n# two\ngood\ngood')));

    expect(events.map(({ event }) => event.metadata['log_name'])).toEqual([undefined, '# one', '# two', '# two']);
  });

  it("a record delivered with the trigger's own id and time has them", () => {
    const { events } = run((normaliser) => normaliser.record('good', { uid: '3871', time: TIME }));

    expect(events[0]?.event.metadata.uid).toBe('3871');
  });

  it('a message that dates itself far from when the trigger got it goes by the latter: who writes a log does not choose the index', () => {
    const day = 86_400_000;
    const { events } = run((normaliser) => {
      for (const time of [TIME - 10 * day, TIME + 15 * day, TIME - 900 * day]) normaliser.record('good', { time });
    });

    expect(events.map(({ event }) => event.time)).toEqual([TIME, TIME + 15 * day, TIME - 900 * day]);
  });

  it('transforms run in order, each on the result of the one before, and none after an exclusion', () => {
    const calls: string[] = [];
    const add = (name: string) => (event: OcsfEvent) => {
      calls.push(name);
      return event;
    };
    const { events, excluded } = run(
      (normaliser) => {
        normaliser.record('good');
        normaliser.record('good health check');
      },
      {
        transforms: [
          (event) => value({ ...event, message: `${String(add('first')(event)['message'])}!` }),
          (event) => (String(event['message']).includes('health') ? { kind: 'exclude', rule: 'health' } : value(event)),
          (event) => value({ ...event, message: `${String(add('last')(event)['message'])}?` }),
        ],
      },
    );

    expect(events.map(({ event }) => event['message'])).toEqual(['good!?']);
    expect(excluded).toEqual([{ index: 1, rule: 'health' }]);
    expect(calls).toEqual(['first', 'last', 'first']);
  });

  it('the summary spans the earliest and the latest event', () => {
    const { summary } = run((normaliser) => normaliser.push(Buffer.from('bad\ngood\nskip\ngood')));

    expect([summary.firstTime, summary.lastTime]).toEqual([TIME + 1, TIME + 3]);
    expect(run(() => undefined).summary).toMatchObject({ firstTime: undefined, lastTime: undefined });
  });
});

describe('the same bytes give the same events', () => {
  it('however they are cut into chunks', () => {
    fc.assert(
      fc.property(lines, sizes, (all, cuts) => {
        const bytes = Buffer.from(all.join('\n'));
        const atOnce = run((normaliser) => normaliser.push(bytes));
        const inPieces = run((normaliser) => {
          for (const chunk of chunks(bytes, cuts)) normaliser.push(chunk);
        });

        expect(inPieces).toEqual(atOnce);
      }),
    );
  });

  it('however damaged JSON is cut into chunks', () => {
    const record = fc.record({ word: fc.constantFrom('good', 'bad', 'skip', 'größe {"'), more: fc.constantFrom({}, [], '}', '\\"') });
    fc.assert(
      fc.property(
        fc.array(record, { minLength: 1, maxLength: 8 }),
        sizes,
        fc.nat(),
        fc.integer({ min: 0, max: 30 }),
        (records, cuts, at, length) => {
          const whole = Buffer.from(JSON.stringify({ Records: records }));
          const start = at % whole.length;
          const bytes = Buffer.concat([whole.subarray(0, start), whole.subarray(start + length)]);
          const source = toySource({ kind: 'json', arrayKey: 'Records' });
          const atOnce = run((normaliser) => normaliser.push(bytes), { source });
          const inPieces = run(
            (normaliser) => {
              for (const chunk of chunks(bytes, cuts)) normaliser.push(chunk);
            },
            { source },
          );

          expect(inPieces).toEqual(atOnce);
        },
      ),
    );
  });

  it('ids depend on the unit and the position, on nothing else', () => {
    const ids = (uri: string) =>
      run((normaliser) => normaliser.push(Buffer.from('good\nbad\ngood')), { origin: { ...ORIGIN, uri } }).events.map(
        ({ event }) => event.metadata.uid,
      );

    expect(ids('s3://landing/a#1')).toEqual(ids('s3://landing/a#1'));
    expect(new Set([...ids('s3://landing/a#1'), ...ids('s3://landing/a#2'), ...ids('s3://landing/b#1')]).size).toBe(6);
  });
});

describe('redriving some positions', () => {
  it('touches exactly those, with the ids they had', () => {
    fc.assert(
      fc.property(lines, fc.uniqueArray(fc.integer({ min: -1, max: 45 })), fc.boolean(), (all, chosen, isCut) => {
        const only = new Map(chosen.map((index) => [index, '']));
        const feed = (normaliser: Parameters<Parameters<typeof run>[0]>[0]) => {
          normaliser.push(Buffer.from(all.join('\n')));
          if (isCut) normaliser.unreadable({ code: 'corrupt_compression', detail: '' });
        };
        const whole = run(feed);
        const part = run(feed, { only });

        expect(part.events).toEqual(whole.events.filter(({ index }) => only.has(index)));
        expect(part.excluded).toEqual(whole.excluded.filter(({ index }) => only.has(index)));
        expect(part.parked).toEqual(whole.parked.filter(({ index }) => only.has(index)));
        expect(part.summary.counts.records).toBe(positions(part).length);
      }),
    );
  });

  it('of a unit delivered record by record too', () => {
    const seen = run(
      (normaliser) => {
        normaliser.exclude('control_message');
        for (const text of ['good', 'bad', 'good']) normaliser.record(text);
      },
      {
        only: new Map([
          [1, 'good'],
          [2, 'ba'],
        ]),
      },
    );

    expect(positions(seen)).toEqual([1, 2]);
    expect(seen.excluded).toEqual([]);
  });

  it('passes over what stands at the position of another record', () => {
    const only = new Map([
      [0, 'good'],
      [1, 'the other half'],
      [2, 'bad\nand what stood behind it'],
    ]);
    const seen = run((normaliser) => normaliser.push(Buffer.from('good\nbad\nbad')), { only });

    expect(positions(seen)).toEqual([0]);
    expect(seen.summary.counts.records).toBe(1);
  });
});

describe('a value that holds several records', () => {
  const JSON_LINES = { kind: 'json' } as const;
  const splitting = (split: NonNullable<Source['split']>) => ({ source: { ...toySource(JSON_LINES), split } });
  const wordsOf = (whole: Json) => (isObject(whole) && isArray(whole['words']) ? whole['words'] : undefined);

  it('of none is left out as an empty list', () => {
    const seen = run((normaliser) => normaliser.push(Buffer.from('{"words":[]}{"word":"good"}')), splitting(wordsOf));

    expect(seen.summary.counts).toEqual({ records: 2, events: 1, excluded: 1, parked: 0 });
    expect(seen.excluded).toEqual([{ index: 0, rule: 'empty_list' }]);
  });

  it.each([
    ['at once', (items: readonly Json[], pad: Json) => items.map(() => ({ word: 'good', pad }))],
    ['one by one', (items: readonly Json[], pad: Json) => eachOf(items, () => ({ word: 'good', pad }))],
  ])('is parked from where its records, made %s, repeat too much of it; the sum holds', (_, make) => {
    const whole = JSON.stringify({ pad: 'p'.repeat(100_000), words: Array.from({ length: 3000 }, () => 'w') });
    const source = splitting((value) => make(wordsOf(value) ?? [], isObject(value) ? (value['pad'] ?? '') : ''));
    const feed = (normaliser: Normaliser) => normaliser.push(Buffer.from(`${whole}${whole}`));
    const seen = run(feed, source);
    const { records, events, parked } = seen.summary.counts;

    const each = Math.floor((16 * whole.length + 1024 * 1024) / JSON.stringify({ word: 'good', pad: 'p'.repeat(100_000) }).length);
    expect([records, events, parked]).toEqual([2 * each + 2, 2 * each, 2]);
    expect(positions(seen)).toEqual([...Array(records).keys()]);
    expect(seen.parked).toMatchObject([0, 1].map((at) => ({ code: 'too_large', index: each + at * (each + 1), raw: whole })));
    // Redriving them changes nothing.
    const again = run(feed, { ...source, only: new Map([[each, whole]]) });
    expect(again.parked).toEqual(seen.parked.slice(0, 1));
    expect(again.summary.counts).toMatchObject({ records: 1, parked: 1 });
  });

  it('is whole where its records repeat nothing, however many they are', () => {
    const whole = JSON.stringify({ words: Array.from({ length: 50_000 }, () => ({ word: 'good' })) });
    const seen = run((normaliser) => normaliser.push(Buffer.from(whole)), splitting(wordsOf));

    expect(seen.summary.counts).toEqual({ records: 50_000, events: 50_000, excluded: 0, parked: 0 });
  });

  it('of any size makes no more records than are read', () => {
    let made = 0;
    const source = splitting(() => eachOf(Array(100_000).fill(0), () => (made++, { word: 'good', pad: 'p'.repeat(100_000) })));
    run((normaliser) => normaliser.push(Buffer.from('{"words":1}')), source);

    expect(made).toBeLessThan(20);
  });
});
