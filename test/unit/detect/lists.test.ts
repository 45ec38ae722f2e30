import { MisconfiguredError } from '../../../shared/errors.ts';
import { listsOf } from '../../../shared/detect/lists.ts';

describe('listsOf', () => {
  it('hands out the bank’s lists', () => {
    expect(listsOf({ bad_addresses: ['192.0.2.1', '2001:db8::/32'] })).toMatchObject({ bad_addresses: ['192.0.2.1', '2001:db8::/32'] });
  });

  it('hands out what the stack says of the evidence’s store, and nothing where nothing is said', () => {
    const store = { keys: ['key'], roles: ['reader', 'officer'], buckets: ['vault'] };

    expect(listsOf({ bad_addresses: [] }, store)).toMatchObject({
      evidence_keys: ['key'],
      evidence_roles: ['reader', 'officer'],
      evidence_buckets: ['vault'],
    });
    expect(listsOf({ bad_addresses: [] })).toEqual({ bad_addresses: [], evidence_keys: [], evidence_roles: [], evidence_buckets: [] });
  });

  it('refuses an entry that would match nothing', () => {
    expect(() => listsOf({ bad_addresses: ['192.0.2.1', 'bad.example'] })).toThrow(MisconfiguredError);
    expect(() => listsOf({ bad_addresses: ['bad.example'] })).toThrow('alerts.bad_addresses: "bad.example"');
  });
});
