import fc from 'fast-check';
import { BlockList } from 'node:net';
import { isNetwork, matchNetworks } from '../../../../shared/detect/sigma/network.ts';

describe('matchNetworks', () => {
  it.each([
    ['10.0.0.0/8', '10.255.0.1', true],
    ['10.0.0.0/8', '11.0.0.1', false],
    ['10.1.2.3/8', '10.9.9.9', true],
    ['198.51.100.66', '198.51.100.66', true],
    ['198.51.100.66', '198.51.100.67', false],
    ['0.0.0.0/0', '255.255.255.255', true],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['203.0.113.128/25', '203.0.113.127', false],
    ['2001:db8::/32', '2001:db8:ffff::1', true],
    ['2001:db8::/32', '2001:db9::1', false],
    ['::/0', '::1', true],
    ['2001:db8::1', '2001:DB8:0:0::1', true],
    ['10.0.0.0/8', '::ffff:10.1.1.1', true],
    ['::ffff:10.0.0.0/104', '10.1.1.1', true],
    ['fe80::/10', 'fe80::1%eth0', false],
    ['10.0.0.0/8', 'AWS Internal', false],
    ['10.0.0.0/8', '10.0.0', false],
    ['10.0.0.0/8', '', false],
  ])('%s has %s: %s', (network, address, expected) => {
    expect(matchNetworks([network])(address)).toBe(expected);
  });

  it('matches nothing for an empty list', () => {
    expect(matchNetworks([])('10.0.0.1')).toBe(false);
  });

  it('agrees with the list of node:net on any networks', () => {
    const v4 = fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 }));
    fc.assert(
      fc.property(fc.array(v4, { minLength: 1, maxLength: 5 }), fc.ipV4(), (networks, address) => {
        const list = new BlockList();
        for (const [network, prefix] of networks) list.addSubnet(network, prefix);
        const ours = matchNetworks(networks.map(([network, prefix]) => `${network}/${prefix}`));
        expect(ours(address)).toBe(list.check(address));
        for (const [network] of networks) expect(ours(network)).toBe(true);
      }),
    );
    const v6 = fc.tuple(fc.ipV6(), fc.integer({ min: 0, max: 128 }));
    fc.assert(
      fc.property(v6, fc.ipV6(), ([network, prefix], address) => {
        const mapped = /^(?:0*:)*:?ffff:[0-9a-f.:]+$/i;
        fc.pre(!mapped.test(network) && !mapped.test(address));
        const list = new BlockList();
        list.addSubnet(network, prefix, 'ipv6');
        expect(matchNetworks([`${network}/${prefix}`])(address)).toBe(list.check(address, 'ipv6'));
      }),
    );
  });
});

describe('isNetwork', () => {
  it.each([
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0/8',
    '::/129',
    '::ffff:10.0.0.0/95',
    'example.com',
    '10.0.0.0/-1',
    ' 10.0.0.1',
  ])('refuses %j', (text) => {
    expect(isNetwork(text)).toBe(false);
  });
});
