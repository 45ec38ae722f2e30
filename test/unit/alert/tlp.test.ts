import fc from 'fast-check';
import { messageOf } from '../../../shared/alert/message.ts';
import { withoutSecrets } from '../../../shared/alert/tlp.ts';
import { BANK, ownFinding } from './findings.ts';

const CONTEXT = { bank: BANK, vaultBucket: 'vault', evidence: 'key' };

function findingWith(tlp: string, value: string, words: string): ReturnType<typeof ownFinding> {
  return ownFinding({
    message: words,
    osint: [{ type_id: 2, value, tlp }],
    finding_info: { uid: 'u', title: words, desc: words },
    evidences: [{ query: { hostname: words }, dst_endpoint: { ip: words }, data: JSON.stringify({ seen: words }) }],
    resources: [{ uid: words }],
  });
}

it.each(['RED', 'AMBER', 'AMBER STRICT', 'AMBER+STRICT'])('what a feed gave under TLP %s is not in the message, but that it was', (tlp) => {
  const { subject, body, attributes } = messageOf(findingWith(tlp, 'evil.example', 'call to Evil.Example and sub.evil.example'), CONTEXT);
  const whole = JSON.stringify([subject, body, attributes]);
  expect(whole.toLowerCase()).not.toContain('evil.example');
  expect(body).toContain(`call to (TLP:${tlp}) and sub.(TLP:${tlp})`);
});

it.each(['CLEAR', 'GREEN', 'WHITE'])('what may be passed on (%s) stays', (tlp) => {
  const finding = findingWith(tlp, 'evil.example', 'evil.example');
  expect(withoutSecrets(finding)).toBe(finding);
});

it.each([
  ['198.51.100.7', 'from 198.51.100.7:443 to 198.51.100.70', 'from (TLP:RED):443 to (TLP:RED)0'],
  ['198.51.100.0/24', 'from 198.51.100.7:443, 203.0.113.1', 'from (TLP:RED):443, 203.0.113.1'],
  ['2001:db8::1', 'from 2001:0db8:0:0:0:0:0:1', 'from (TLP:RED)'],
])('addresses of %s go in whatever form', (value, words, expected) => {
  expect(withoutSecrets(findingWith('RED', value, words))['message']).toBe(expected);
});

it('no text of a finding has the value, wherever it stands', () => {
  const value = fc.stringMatching(/^[a-z0-9]{3,12}\.[a-z]{2,5}$/);
  fc.assert(
    fc.property(value, fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (domain, before, after) => {
      const finding = findingWith('RED', domain, before + domain.toUpperCase() + after);
      const { subject, body } = messageOf(finding, CONTEXT);
      expect((subject + body).toLowerCase()).not.toContain(domain);
    }),
  );
});
