import { MisconfiguredError } from '../../../shared/errors.ts';
import type { ParkedRecord } from '../../../shared/model.ts';
import { parkedRecord } from '../../../shared/park/store.ts';

const RECORD: ParkedRecord = {
  stage: 'parse',
  code: 'malformed_json',
  detail: 'unexpected end',
  origin: {
    bank: 'demo',
    account: '111111111111',
    region: 'eu-central-1',
    source: 'cloudtrail',
    trigger: 's3',
    uri: 's3://b/k#1',
    time: 0,
  },
  evidence: 'demo/cloudtrail/111111111111/eu-central-1/1970/01/01/AAAAAAAAAAAAAAAAAAAAAA.sealed',
  index: 3,
  raw: '',
};

describe('parkedRecord', () => {
  it('reads a line of a parked object', () => {
    expect(parkedRecord(JSON.stringify(RECORD), 'line 1')).toEqual(RECORD);
  });

  it.each([
    ['text', 'no JSON'],
    ['an array', '[]'],
    ['an unknown code', JSON.stringify({ ...RECORD, code: 'toString' })],
    ['an unknown stage', JSON.stringify({ ...RECORD, stage: 'seal' })],
    ['no origin', JSON.stringify({ ...RECORD, origin: undefined })],
    ['an origin without uri', JSON.stringify({ ...RECORD, origin: { ...RECORD.origin, uri: '' } })],
    ['no position', JSON.stringify({ ...RECORD, index: '3' })],
  ])('refuses %s, saying where it is', (_, line) => {
    expect(() => parkedRecord(line, 'line 7 of parse/x')).toThrow(MisconfiguredError);
    expect(() => parkedRecord(line, 'line 7 of parse/x')).toThrow('line 7 of parse/x');
  });
});
