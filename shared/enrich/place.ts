// What a database says of an address, in the few attributes that events get. https://dev.maxmind.com/geoip/docs/databases/city-and-country/#binary-databases
// Two forms: MaxMind's, which DB-IP has too, and the flat one of IPinfo and of what is made from lists. https://db-ip.com/db/format/ip-to-city-lite/mmdb.html
import { object, text } from '../outcome.ts';

export interface Place {
  /** ISO 3166-1, two letters. */
  readonly country?: string | undefined;
  /** In English. */
  readonly city?: string | undefined;
  /** Of the autonomous system. */
  readonly number?: number | undefined;
  /** Who runs it. */
  readonly name?: string | undefined;
}

const COUNTRY = /^[A-Z]{2}$/;
const NUMBERED = /^AS(\d{1,10})$/;
const MAX_NUMBER = 0xffff_ffff;
/** Longer names are none. */
const MAX_NAME = 200;

/** @param record as the database has it: anything. @returns nothing but what is what it should be. */
export function placeOf(record: unknown): Place {
  const fields = object(record) ?? {};
  const traits = object(fields['traits']) ?? {};
  return {
    // Where the address is registered says nothing about where it is.
    country: countryOf(object(fields['country'])?.['iso_code']) ?? countryOf(fields['country_code']) ?? countryOf(fields['country']),
    city: nameOf(object(object(fields['city'])?.['names'])?.['en']) ?? nameOf(fields['city']),
    number:
      numberOf(fields['autonomous_system_number']) ??
      numberOf(traits['autonomous_system_number']) ??
      numberOf(numbered(fields['asn'])) ??
      numberOf(fields['asn']),
    name:
      nameOf(fields['autonomous_system_organization']) ??
      nameOf(traits['autonomous_system_organization']) ??
      nameOf(fields['as_name']) ??
      nameOf(fields['as_organization']),
  };
}

function countryOf(candidate: unknown): string | undefined {
  return typeof candidate === 'string' && COUNTRY.test(candidate) ? candidate : undefined;
}

function nameOf(candidate: unknown): string | undefined {
  const name = text(candidate)?.trim();
  return name === undefined || name === '' || name.length > MAX_NAME ? undefined : name;
}

function numbered(candidate: unknown): number | undefined {
  const digits = typeof candidate === 'string' ? NUMBERED.exec(candidate)?.[1] : undefined;
  return digits === undefined ? undefined : Number(digits);
}

/** 0 is reserved: https://www.rfc-editor.org/rfc/rfc7607 */
function numberOf(candidate: unknown): number | undefined {
  return typeof candidate === 'number' && Number.isInteger(candidate) && candidate > 0 && candidate <= MAX_NUMBER ? candidate : undefined;
}

/** @returns what either knows, the first where both do; a city is taken with its country only, a name with its number. */
export function both(first: Place, second: Place): Place {
  const where = first.country === undefined && first.city === undefined ? second : first;
  const whose = first.number === undefined && first.name === undefined ? second : first;
  return { country: where.country, city: where.city, number: whose.number, name: whose.name };
}

export function isNowhere({ country, city, number, name }: Place): boolean {
  return country === undefined && city === undefined && number === undefined && name === undefined;
}
