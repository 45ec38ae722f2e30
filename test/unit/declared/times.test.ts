import { timeReader } from '../../../shared/declared/times.ts';

const REFERENCE = Date.UTC(2026, 1, 3, 12);

function read(formats: string | readonly string[], value: string | number, zone?: string) {
  const found = timeReader({ formats: [formats].flat(), zone })(value, REFERENCE);
  return found === undefined ? undefined : `${new Date(found.ms).toISOString()}${found.isExact ? '' : ' and more'}`;
}

describe('epochs', () => {
  test.each([
    ['epoch_s', 1770110130, '2026-02-03T09:15:30.000Z'],
    ['epoch_s', '1770110130', '2026-02-03T09:15:30.000Z'],
    ['epoch_s', 1770110130.123, '2026-02-03T09:15:30.123Z'],
    ['epoch_s', '1770110130.123', '2026-02-03T09:15:30.123Z'],
    ['epoch_s', '1770110130.123456', '2026-02-03T09:15:30.123Z and more'],
    ['epoch_ms', 1770110130250, '2026-02-03T09:15:30.250Z'],
    ['epoch_ms', '1770110130250', '2026-02-03T09:15:30.250Z'],
    ['epoch_ms', '1770110130250.5', '2026-02-03T09:15:30.250Z and more'],
    ['epoch_us', 1770110130250000, '2026-02-03T09:15:30.250Z'],
    ['epoch_us', '1770110130250001', '2026-02-03T09:15:30.250Z and more'],
    ['epoch_ns', '1770110130999999999', '2026-02-03T09:15:30.999Z and more'],
    ['epoch_ns', '1770110130250000000', '2026-02-03T09:15:30.250Z'],
    ['epoch_s', 'now', undefined],
    ['epoch_s', '', undefined],
    ['epoch_s', '-5', undefined],
    ['epoch_s', 1e300, undefined],
    ['epoch_s', 1770110130250, undefined],
    ['epoch_ns', '17', undefined],
  ])('%s %s', (format, value, expected) => {
    expect(read(format, value)).toBe(expected);
  });

  test('the first format that gives a time of this century counts', () => {
    const formats = ['iso', 'epoch_ns', 'epoch_us', 'epoch_ms', 'epoch_s'];
    for (const value of [1770110130, 1770110130000, 1770110130000000, '1770110130000000000', '2026-02-03T09:15:30Z']) {
      expect(read(formats, value)).toBe('2026-02-03T09:15:30.000Z');
    }
  });
});

describe('ISO 8601', () => {
  test.each([
    ['2026-02-03T09:15:30Z', undefined, '2026-02-03T09:15:30.000Z'],
    ['2026-02-03T09:15:30.250+0000', undefined, '2026-02-03T09:15:30.250Z'],
    ['2026-02-03T10:15:30.250+01:00', undefined, '2026-02-03T09:15:30.250Z and more'],
    ['2026-02-03T09:15:30.250123Z', undefined, '2026-02-03T09:15:30.250Z and more'],
    ['2026-02-03 09:15:30', undefined, undefined],
    ['2026-02-03 09:15:30', 'Z', '2026-02-03T09:15:30.000Z and more'],
    ['2026-02-03T09:15:30.5', '+01:00', '2026-02-03T08:15:30.500Z and more'],
    ['2026-02-03T09:15:30Z', '+01:00', '2026-02-03T09:15:30.000Z'],
    ['2026-02-30T09:15:30Z', undefined, undefined],
    ['1999-12-31T23:59:59Z', undefined, undefined],
  ])('%s (%s)', (value, zone, expected) => {
    expect(read('iso', value, zone)).toBe(expected);
  });
});

describe('patterns', () => {
  test.each([
    ['dd/MMM/yyyy:HH:mm:ss Z', '03/Feb/2026:10:15:30 +0100', undefined, '2026-02-03T09:15:30'],
    ['EEE, d MMM yyyy HH:mm:ss:SSS', 'Tue, 3 Feb 2026 09:15:30:177', 'Z', '2026-02-03T09:15:30.177'],
    ['d MMM yyyy HH:mm:ss', ' 3 FEB 2026 09:15:30', 'Z', '2026-02-03T09:15:30'],
    ['M/d/yyyy, h:mm:ss a z', '2/3/2026, 12:15:30 AM CET', undefined, '2026-02-02T23:15:30'],
    ['M/d/yyyy h:mm a', '2/3/2026 12:15 pm', 'Z', '2026-02-03T12:15:00'],
    ['yyMMddHHmmss', '260203091530', 'Z', '2026-02-03T09:15:30'],
    ["yyyy-MM-dd'T'HH:mm:ss,SSS", '2026-02-03T09:15:30,123456', 'Z', '2026-02-03T09:15:30.123'],
    ["dd.MM.yyyy 'um' HH:mm 'Uhr'", '03.02.2026 um 09:15 Uhr', 'Z', '2026-02-03T09:15:00'],
    ['dd.MM.yyyy', '03.02.2026', 'Z', '2026-02-03T00:00:00'],
    ['dd.MM.yyyy', '31.02.2026', 'Z', undefined],
    ['dd.MM.yyyy', '03.13.2026', 'Z', undefined],
    ['dd/MMM/yyyy Z', '03/Foo/2026 Z', undefined, undefined],
    ['dd/MM/yyyy z', '03/02/2026 XYZ', undefined, undefined],
    ['M/d/yyyy h:mm a', '2/3/2026 13:15 pm', 'Z', undefined],
    ['M/d/yyyy h:mm a', '2/3/2026 0:15 am', 'Z', undefined],
    ['HH.mm (dd+MM*yyyy)', '09.15 (03+02*2026)', 'Z', '2026-02-03T09:15:00'],
    ['HH.mm (dd+MM*yyyy)', '09x15 (03+02*2026)', 'Z', undefined],
  ])('%s: %s', (pattern, value, zone, expected) => {
    expect(read(pattern, value, zone)?.slice(0, expected?.length)).toBe(expected);
  });

  test('without a year it is the one that does not put the time after the delivery', () => {
    expect(read('MMM d HH:mm:ss', 'Feb  3 09:15:30', 'Z')).toContain('2026-02-03T09:15:30');
    expect(read('MMM d HH:mm:ss', 'Dec 31 23:59:59', 'Z')).toContain('2025-12-31T23:59:59');
    expect(read('MMddHHmmss', '1231235959', '+01:00')).toContain('2025-12-31T22:59:59');
    expect(read('MMM d HH:mm:ss', 'Feb 30 23:59:59', 'Z')).toBeUndefined();
  });
});

describe('local time', () => {
  const berlin = (value: string) => read('yyyy-MM-dd HH:mm', value, 'Europe/Berlin')?.slice(0, 16);

  test.each([
    ['2026-02-03 10:15', '2026-02-03T09:15'],
    ['2026-07-03 10:15', '2026-07-03T08:15'],
    // The night of 29 March has no two o'clock.
    ['2026-03-29 01:59', '2026-03-29T00:59'],
    ['2026-03-29 03:00', '2026-03-29T01:00'],
    // The night of 25 October has two of them: the first is meant.
    ['2026-10-25 01:59', '2026-10-24T23:59'],
    ['2026-10-25 02:30', '2026-10-25T00:30'],
    ['2026-10-25 03:00', '2026-10-25T02:00'],
  ])('%s in Berlin', (value, expected) => {
    expect(berlin(value)).toBe(expected);
  });

  test('zones with half hours, and those west of Greenwich', () => {
    expect(read('iso', '2026-02-03T10:15:30', 'Asia/Kolkata')).toContain('2026-02-03T04:45:30');
    expect(read('iso', '2026-07-03T10:15:30', 'America/New_York')).toContain('2026-07-03T14:15:30');
    expect(read('iso', '2026-07-03T10:15:30', '-03:30')).toContain('2026-07-03T13:45:30');
  });
});
