import { loadBank } from '../../../cli/bank.ts';
import { replayRequest, type RequestOptions } from '../../../cli/replay/request.ts';
import type { BankConfig } from '../../../shared/config.ts';

const BANK = loadBank('banks/demo.yml').bank ?? ({} as BankConfig);
const GIVEN: RequestOptions = { source: 'cloudtrail', from: '2026-11-20', to: ['2026-11-21T09:30:00+01:00'] };

it('is read as given, with what is left out', () => {
  expect(replayRequest(GIVEN, BANK)).toEqual({
    selection: { source: 'cloudtrail', from: Date.UTC(2026, 10, 20), to: Date.UTC(2026, 10, 21, 8, 30), accounts: [] },
    target: 'hub',
    alerts: false,
    rate: 5000,
  });
  const all = { ...GIVEN, source: 'all', to: ['index:replay-a', '2026-11-21'], account: ['222222222222', 'unknown'], rate: '250' };
  expect(replayRequest(all, BANK)).toMatchObject({
    selection: { source: 'all', accounts: ['222222222222', 'unknown'] },
    target: 'index:replay-a',
    rate: 250,
  });
  expect(replayRequest({ ...GIVEN, to: ['2026-11-21', 'detect'], alerts: true }, BANK)).toMatchObject({ target: 'detect', alerts: true });
});

it.each<[Partial<RequestOptions>, string]>([
  [{ source: undefined }, '--source must be "all" or a source'],
  [{ source: 'cloudtrial' }, '(found "cloudtrial"; did you mean "cloudtrail"?)'],
  [{ from: undefined }, '--from must be a time such as 2026-11-21T09:30:00Z'],
  [{ from: '2026-02-30' }, '--from must be a time'],
  [{ from: '2026-11-20T09:30' }, '--from must be a time'],
  [{ from: '1999-12-31' }, '--from must be a time'],
  [{ from: 'yesterday' }, '--from must be a time'],
  [{ to: ['hub'] }, '--to must be a time'],
  [{ to: ['2026-11-19'] }, '--to must be after --from'],
  [{ to: ['2026-11-20'] }, '--to must be after --from'],
  [{ to: ['2026-11-21', '2026-11-22'] }, '--to is given once with a time and once with a target'],
  [{ to: ['2026-11-21', 'hub', 'detect'] }, '--to is given once with a time and once with a target'],
  [{ to: ['2026-11-21', 'elsewhere'] }, '--to must be hub, detect or index:replay-<name>'],
  [{ to: ['2026-11-21', 'index:replay-a'], alerts: true }, '--alerts: nothing is detected in what goes to index:replay-a'],
  [{ account: ['2222'] }, '--account must be an account id of 12 digits'],
  [{ rate: '0' }, '--rate must be records per second'],
  [{ rate: '1e3' }, '--rate must be records per second'],
])('%j is refused', (change, message) => {
  expect(() => replayRequest({ ...GIVEN, ...change }, BANK)).toThrow(message);
});
