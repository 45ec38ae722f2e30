import { MisconfiguredError } from '../../../shared/errors.ts';
import { listsOf } from '../../../shared/detect/lists.ts';

describe('listsOf', () => {
  it('hands out the bank’s lists', () => {
    expect(listsOf({ bad_addresses: ['192.0.2.1', '2001:db8::/32'] })).toEqual({ bad_addresses: ['192.0.2.1', '2001:db8::/32'] });
  });

  it('refuses an entry that would match nothing', () => {
    expect(() => listsOf({ bad_addresses: ['192.0.2.1', 'bad.example'] })).toThrow(MisconfiguredError);
    expect(() => listsOf({ bad_addresses: ['bad.example'] })).toThrow('alerts.bad_addresses: "bad.example"');
  });
});
