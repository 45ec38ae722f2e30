import fc from 'fast-check';
import { hasLuhnDigit, isIban, isPan } from '../../../shared/redact/numbers.ts';
import { createSensitive } from '../../../shared/redact/sensitive.ts';
import type { OcsfEvent } from '../../../shared/model.ts';

// Numbers that the schemes and the IBAN registry give for trials; no account has them.
const PANS = ['4111111111111111', '5555555555554444', '2223003122003222', '378282246310005', '6011111111111117', '3530111333300000'];
const IBANS = [
  'DE89370400440532013000',
  'GB29NWBK60161331926819',
  'NO9386011117947',
  'MT84MALT011000012345MTLCAST001S',
  'CH9300762011623852957',
];

const KEY = Buffer.alloc(32, 1);

function textOf(given: string, sensitive = {}): string {
  return createSensitive({ sensitive }, KEY)?.text(given) ?? given;
}

test.each(PANS)('%s is a card number, with another last digit it is none', (pan) => {
  expect(isPan(pan)).toBe(true);
  expect(isPan(pan.slice(0, -1) + String((Number(pan.at(-1)) + 1) % 10))).toBe(false);
});

test.each(IBANS)('%s is an account number, with two characters changed places it is none', (iban) => {
  expect(isIban(iban)).toBe(true);
  expect(isIban(iban.slice(0, 4) + iban.slice(4).replace(/(\d)(?!\1)(\d)/, '$2$1'))).toBe(false);
});

test('one wrong digit is always noticed', () => {
  fc.assert(
    fc.property(fc.constantFrom(...PANS), fc.nat(20), fc.integer({ min: 1, max: 9 }), (pan, at, by) => {
      const place = at % pan.length;
      const digit = String((Number(pan.charAt(place)) + by) % 10);
      expect(hasLuhnDigit(pan.slice(0, place) + digit + pan.slice(place + 1))).toBe(false);
    }),
  );
});

test('a pseudonym is the same for the same number however it is written, another for another one and for another bank', () => {
  const [one] = PANS.map((pan) => textOf(pan));
  expect(one).toMatch(/^\[pan:[\w-]{16}\]$/);
  expect(textOf('4111 1111 1111 1111')).toBe(one);
  expect(textOf('4111-1111-1111-1111')).toBe(one);
  expect(textOf('5555555555554444')).not.toBe(one);
  expect(createSensitive({}, Buffer.alloc(32, 2))?.text('4111111111111111')).not.toBe(one);
  expect(textOf('DE89 3704 0044 0532 0130 00')).toBe(textOf('DE89370400440532013000'));
});

test.each([
  ['card=4111111111111111&cvv=123', 'card=[pan]&cvv=123'],
  ['4111 1111 1111 1111 123', '[pan] 123'],
  ['12 4111111111111111', '12 [pan]'],
  ['paid from DE89 3704 0044 0532 0130 00 RENT', 'paid from [iban] RENT'],
  ['{"pan":"5555555555554444","iban":"NO9386011117947"}', '{"pan":"[pan]","iban":"[iban]"}'],
  ['{5:{MAC:12345678}{CHK:24857F4599E7}}', '{5:[swift][swift]}'],
  ['no 4111111111111112, 41111111111111111111, A4111111111111111', 'no 4111111111111112, 41111111111111111111, A4111111111111111'],
  ['amara@bank.example', 'amara@bank.example'],
])('%s becomes %s', (given, expected) => {
  expect(textOf(given, { pan: 'mask', iban: 'mask', swift: 'mask' })).toBe(expected);
});

test('e-mail addresses where the bank wants it', () => {
  const [one, other] = ['Amara.Osei@bank.example', 'amara.osei@bank.example wrote'].map((given) => textOf(given, { email: 'pseudonym' }));
  expect(one).toMatch(/^\[email:[\w-]{16}\]$/);
  expect(other).toBe(`${one ?? ''} wrote`);
});

const EVENT: OcsfEvent = {
  activity_id: 1,
  category_uid: 6,
  class_uid: 6003,
  type_uid: 600301,
  severity_id: 1,
  time: 1_768_435_200_000,
  metadata: { uid: '4111111111111111', version: '1.8.0', product: { name: 'x', vendor_name: 'y' }, log_name: 'of 4111111111111111' },
  api: {
    operation: 'pay',
    request: { uid: '1', data: { number: 4111111111111111, amount: 4111111111111112, nested: [{ pan: '4111111111111111' }] } },
  },
};

test('an event is cleaned everywhere but in what names it, and is not changed itself', () => {
  const before = JSON.stringify(EVENT);
  const cleaned = createSensitive({ sensitive: { pan: 'mask' } }, KEY)?.clean(EVENT);
  expect(cleaned).toEqual({
    ...EVENT,
    metadata: { ...EVENT.metadata, log_name: 'of [pan]' },
    api: { operation: 'pay', request: { uid: '1', data: { number: '[pan]', amount: 4111111111111112, nested: [{ pan: '[pan]' }] } } },
  });
  expect(JSON.stringify(EVENT)).toBe(before);
});

test('an event without anything to hide is the same object, and no text of it is suspected', () => {
  const plain = { ...EVENT, metadata: { ...EVENT.metadata, uid: 'a', log_name: 'b' }, api: { operation: 'pay' } };
  const sensitive = createSensitive({}, KEY);
  expect(sensitive?.clean(plain)).toBe(plain);
  expect(sensitive?.suspects(JSON.stringify(plain))).toBe(false);
});

test('a bank that keeps everything costs nothing', () => {
  expect(createSensitive({ sensitive: { pan: 'keep', iban: 'keep', swift: 'keep', email: 'keep' } }, KEY)).toBeUndefined();
});

test('whatever stands around it, a number that is found by its form does not leave', () => {
  const around = fc.string({ unit: fc.constantFrom('"', ' ', ',', ':', '=', '/', '\n', '{', 'é', ';'), maxLength: 8 });
  fc.assert(
    fc.property(around, fc.constantFrom(...PANS, ...IBANS), around, (before, number, after) => {
      expect(textOf(`${before}${number}${after}`)).not.toContain(number);
    }),
  );
});

// A pattern that backtracks would not come to an end within the time that Jest gives a test.
test.each(['4 ', '4-', 'DE89 ', 'AA11', '{MAC:', 'a@a.', '4111 '])('a hundred thousand times %s is read to its end', (piece) => {
  const text = piece.repeat(100_000);
  expect(textOf(text, { email: 'mask' }).length).toBeGreaterThan(0);
});
