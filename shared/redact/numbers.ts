// Are these digits a card's, these letters an account's? ISO/IEC 7812-1 annex B (Luhn), ISO 13616-1 (IBAN, modulo 97 by ISO/IEC 7064).

/** How card numbers of the schemes begin, and how many digits they have. https://en.wikipedia.org/wiki/Payment_card_number#Issuer_identification_number_(IIN) */
const SCHEMES: readonly { readonly begins: RegExp; readonly digits: readonly number[] }[] = [
  { begins: /^4/, digits: [13, 16, 19] },
  { begins: /^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, digits: [16] },
  { begins: /^3[47]/, digits: [15] },
  { begins: /^3(?:0[0-5]|[689])/, digits: [14, 15, 16, 17, 18, 19] },
  { begins: /^(?:6011|64[4-9]|65)/, digits: [16, 17, 18, 19] },
  { begins: /^35(?:2[89]|[3-8])/, digits: [16, 17, 18, 19] },
  { begins: /^62/, digits: [16, 17, 18, 19] },
  { begins: /^(?:5[06-9]|6[37])/, digits: [13, 14, 15, 16, 17, 18, 19] },
];

/** @param text digits, with spaces or hyphens between them. */
export function isPan(text: string): boolean {
  const digits = text.replace(/[ -]/g, '');
  return SCHEMES.some((scheme) => scheme.digits.includes(digits.length) && scheme.begins.test(digits)) && hasLuhnDigit(digits);
}

export function hasLuhnDigit(digits: string): boolean {
  let sum = 0;
  for (let at = 0; at < digits.length; at++) {
    const digit = digits.charCodeAt(digits.length - 1 - at) - 48;
    const doubled = at % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/** Characters of an IBAN by country, from the registry. https://www.swift.com/standards/data-standards/iban-international-bank-account-number */
const IBAN_LENGTHS: ReadonlyMap<string, number> = new Map(
  Object.entries({
    15: 'NO',
    16: 'BE',
    18: 'DK FO FI GL NL SD FK',
    19: 'MK SI',
    20: 'AT BA EE KZ LT LU XK MN',
    21: 'CR HR LI LV CH',
    22: 'BH BG GE DE IE ME RS GB VA',
    23: 'TL GI IQ IL OM SO AE',
    24: 'AD CZ MD PK RO SA SK ES SE TN VG DZ',
    25: 'AO LY PT ST MZ',
    26: 'IS TR IR',
    27: 'BI DJ FR GR IT MC SM MR MG CM CF CG GA KM BF',
    28: 'AL AZ BY CY DO SV GT HU LB NI PL HN BJ CI ML NE SN TD TG MA',
    29: 'BR EG PS QA UA',
    30: 'JO KW MU YE',
    31: 'MT SC',
    32: 'LC',
    33: 'RU',
  }).flatMap(([length, countries]) => countries.split(' ').map((country) => [country, Number(length)] as const)),
);

/** @param text upper-case letters and digits, with single spaces between them. */
export function isIban(text: string): boolean {
  const iban = text.replaceAll(' ', '');
  if (IBAN_LENGTHS.get(iban.slice(0, 2)) !== iban.length) return false;
  let remainder = 0;
  for (const character of iban.slice(4) + iban.slice(0, 4)) {
    const code = character.charCodeAt(0);
    // A letter counts as two digits: A is 10.
    remainder = code >= 65 ? (remainder * 100 + code - 55) % 97 : (remainder * 10 + code - 48) % 97;
  }
  return remainder === 1;
}
