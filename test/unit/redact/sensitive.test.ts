import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { toCleanDocument } from '../../../shared/hub/document.ts';
import { hasLuhnDigit, ibansIn, isIban, isPan, pansIn } from '../../../shared/redact/numbers.ts';
import { createSensitive } from '../../../shared/redact/sensitive.ts';
import type { JsonObject, OcsfEvent } from '../../../shared/model.ts';

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

/** How a number is written in logs; the groups are of four, as they are printed. */
const WRITTEN: readonly ((number: string) => string)[] = [
  (number) => number,
  (number) => number.toLowerCase(),
  ...[' ', '  ', '-', '.', '_', '/', '+', '\u00a0', '\u202f', '%20', '%2D', '%2d', '%2520', '%C2%A0', '&nbsp;'].map(
    (separator) => (number: string) => (number.match(/.{1,4}/g) ?? []).join(separator),
  ),
];
const AMEX = ['3782 822463 10005', '3782-822463-10005', '3056 930902 5904'];
const BEFORE = [
  '',
  ' ',
  '"',
  ',',
  ':',
  '=',
  '/',
  '{',
  'é',
  ';',
  '\n',
  '\t',
  '\r',
  '\b',
  '\f',
  '\u0001',
  '\u0010',
  '\\n',
  '\\u00e9',
  '%3D',
  '%22',
  '%2522',
];
const NUMBERS_BEFORE = [
  '2026 2026 ',
  '55 66 77 ',
  '2500 5500 ',
  'tel 40 30 20 10 ',
  'RF18 5390 0754 7034 ',
  'at 2026-01-01 ',
  '1767225600000 ',
  '222222222222:',
];
const AFTER = ['', ' ', '"', ',', '&', '^DOE/JOHN', '=26011010000', '?', '\n', '\\n', '%22', '.', '. ', '.00', ' exp 12', ' 99', ' RENT'];
const surroundings = fc.tuple(fc.constantFrom(...BEFORE, ...NUMBERS_BEFORE), fc.constantFrom(...AFTER));
const written = fc.oneof(
  fc
    .tuple(fc.constantFrom(...PANS.filter((pan) => pan.length === 16), ...IBANS), fc.constantFrom(...WRITTEN))
    .map(([number, write]) => write(number)),
  fc.constantFrom(...PANS, ...AMEX),
);

test('whatever stands around it and however it is written, a number does not leave', () => {
  const sensitive = createSensitive({}, KEY);
  const places = fc.constantFrom<(text: string) => Partial<OcsfEvent>>(
    (message) => ({ message }),
    (text) => ({ api: { operation: 'pay', request: { uid: '1', data: { list: [{ text }] } } } }),
    (text) => ({ api: { operation: 'pay', request: { uid: '1', data: JSON.stringify({ text }) } } }),
    (text) => ({ unmapped: { amounts: { [text]: 12, other: 1 } } }),
    (uid) => ({ resources: [{ uid }] }),
  );
  fc.assert(
    fc.property(surroundings, written, places, ([before, after], number, place) => {
      const event = { ...EVENT, ...place(`${before}${number}${after}`), metadata: { ...EVENT.metadata, uid: 'a', log_name: 'b' } };
      const { json } = toCleanDocument(event, sensitive, { origin: { time: event.time } });
      expect(json).not.toContain(JSON.stringify(number).slice(1, -1));
      expect(json).toMatch(/\[(?:pan|iban):[\w-]{16}\]/);
      // As the raw text of a parked record: it is JSON.
      expect(textOf(JSON.stringify(event))).not.toContain(JSON.stringify(number).slice(1, -1));
    }),
    { numRuns: 2000 },
  );
});

test('what is found in a text is suspected in it, and in its JSON', () => {
  const pieces = fc.constantFrom(
    ...PANS,
    ...IBANS,
    ...BEFORE,
    ...AFTER,
    '4111',
    '1111',
    ' ',
    '-',
    '%20',
    '4',
    '1',
    'a',
    'F',
    '\\',
    '%',
    'D2601',
    'IBAN',
    'x',
  );
  const sensitive = createSensitive({ sensitive: { email: 'pseudonym' } }, KEY);
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
      const text = parts.join('');
      const found = [...pansIn(text), ...ibansIn(text)];
      if (found.length === 0) return;
      expect(sensitive?.suspects(text)).toBe(true);
      expect(sensitive?.suspects(JSON.stringify(text))).toBe(true);
      expect(sensitive?.suspects(JSON.stringify(JSON.stringify(text)))).toBe(true);
    }),
    { numRuns: 2000 },
  );
});

test.each([
  ['payment failed\\n4111111111111111\\nDE89370400440532013000', 'payment failed\\n[pan]\\n[iban]'],
  ['\\b4111111111111111 \\f5555555555554444', '\\b[pan] \\f[pan]'],
  ['\\u00214111111111111111 %224111111111111111%22 %3ade89370400440532013000', '\\u0021[pan] %22[pan]%22 %3a[iban]'],
  ['2026 2026 4111 1111 1111 1111', '2026 2026 [pan]'],
  ['tel 40 30 20 10 4111-1111-1111-1111', 'tel 40 30 20 10 [pan]'],
  ['RF18 5390 0754 7034 DE89 3704 0044 0532 0130 00', 'RF18 5390 0754 7034 [iban]'],
  // Both 5500 4111 1111 1111 and 4111 1111 1111 1111 pass for one.
  ['2500 5500 4111 1111 1111 1111 exp 12', '2500 [pan][pan] exp 12'],
  ['%B4111111111111111^DOE/JOHN^2601', '%B[pan]^DOE/JOHN^2601'],
  [';4111111111111111=26011010000 4111111111111111D2601', ';[pan]=26011010000 [pan]D2601'],
  ['4111%201111%201111%201111 4111%2D1111%2D1111%2D1111', '[pan] [pan]'],
  ['4111.1111.1111.1111 4111\u00a01111\u00a01111\u00a01111 4111  1111  1111  1111', '[pan] [pan] [pan]'],
  ['de89370400440532013000 DE89-3704-0044-0532-0130-00', '[iban] [iban]'],
  ['PAN4111111111111111 card_4111111111111111 4111111111111111EUR', 'PAN[pan] card_[pan] [pan]EUR'],
  ['41 11 11 11 11 11 11 11 and 3782-822463-10005', '[pan] and [pan]'],
  ['arn:aws:s3:::statements/4111111111111111.pdf', 'arn:aws:s3:::statements/[pan].pdf'],
])('%j becomes %j', (given, expected) => {
  expect(textOf(given, { pan: 'mask', iban: 'mask' })).toBe(expected);
});

test.each([
  '36784089-5494-4302-883f-0123456789ab',
  '41111111-1111-4111-8111-111111111111',
  '50000000-0000-4000-8000-000000000000',
  'arn:aws:elasticloadbalancing:eu-central-1:222222222222:loadbalancer/app/pay/4111111111111111',
  '00-0af7651916cd43dd8448eb211c80319c-4111111111111111-01',
  'eni-62000000000000005 i-04111111111111111',
  'a4111111111111111 4111111111111111f 0x4111111111111111 4111-1111-1111-1111-00ff',
  'bytes 411111 1111111111 4111-111111111111 0.4111111111111111',
  'de893704004405320130ab De89370400440532013x00 xDE89370400440532013000',
  '4111 1111 1111 111',
])('an id, a fraction and columns stay: %s', (text) => {
  expect(textOf(text)).toBe(text);
});

test('ids that are made at random stay', () => {
  const sensitive = createSensitive({}, KEY);
  for (let at = 0; at < 20_000; at++) {
    const bytes = createHash('sha256').update(String(at)).digest();
    const hex = bytes.toString('hex');
    const text = `${hex} ${hex.slice(0, 24)} ${hex.replace(/^(.{8})(....)(....)(....)(.{12}).*/, '$1-$2-$3-$4-$5')} ${bytes.toString('base64')} x-${bytes.toString('base64url', 0, 15)}`;
    expect(sensitive?.text(text)).toBe(text);
  }
});

test('a number becomes a text only where no type is given', () => {
  const pan = 4111111111111111;
  const event = {
    ...EVENT,
    metadata: { ...EVENT.metadata, uid: 'a', log_name: 'b' },
    traffic: { bytes: pan },
    api: { operation: 'pay', request: { uid: '1', data: { pan }, length: pan }, response: { data: [pan] } },
    resources: [{ data: { pan }, criticality: pan }],
    unmapped: { constructor: -pan, at: 1_768_435_200_000, deep: [{ pan }] },
  };
  expect(createSensitive({ sensitive: { pan: 'mask' } }, KEY)?.clean(event)).toEqual({
    ...event,
    api: { operation: 'pay', request: { uid: '1', data: { pan: '[pan]' }, length: pan }, response: { data: ['[pan]'] } },
    resources: [{ data: { pan: '[pan]' }, criticality: pan }],
    unmapped: { constructor: '-[pan]', at: 1_768_435_200_000, deep: [{ pan: '[pan]' }] },
  });
});

test('members whose names are numbers stay as many as they were', () => {
  const unmapped = JSON.parse('{"4111111111111111":1,"5555555555554444":2,"__proto__":{"IBAN DE89370400440532013000":3}}') as JsonObject;
  const cleaned = createSensitive({ sensitive: { pan: 'mask', iban: 'mask' } }, KEY)?.clean({ ...EVENT, unmapped });
  expect(JSON.stringify(cleaned?.unmapped)).toBe('{"[pan]":1,"[pan] 2":2,"__proto__":{"IBAN [iban]":3}}');
});

test('an address behind an escape is the same as elsewhere, and the escape stays', () => {
  const one = textOf('amara@bank.example', { email: 'pseudonym' });
  expect(textOf('{"m":"x\\namara@bank.example\\u00e9amara@bank.example"}', { email: 'pseudonym' })).toBe(`{"m":"x\\n${one}\\u00e9${one}"}`);
  expect(textOf('BANK\\bamara@bank.example', { email: 'mask' })).toBe('BANK\\b[email]');
});

// Work that grows faster than the text would not come to an end within the time that Jest gives a test.
test.each([
  '4',
  '4 ',
  '4-',
  '4111-',
  '%20',
  '4%20',
  'DE89 ',
  'de89',
  'AA11',
  '{MAC:',
  'a@a.',
  '4111 ',
  '41111111',
  'arn:aws:4111111111111111:',
  '\\u0041',
  '4111111111111111',
  '%B4111111111111111 ',
])('half a megabyte of %s are read to their end', (piece) => {
  const text = piece.repeat(500_000 / piece.length);
  const clean = textOf(text, { email: 'mask' });
  expect(clean.length).toBeGreaterThan(0);
  expect(clean.length).toBeLessThan(text.length * 8);
});
