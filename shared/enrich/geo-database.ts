// One database of addresses in MaxMind's format, opened and looked through before it is used. https://maxmind.github.io/MaxMind-DB/
import { Reader, type Response } from 'mmdb-lib';
import { MisconfiguredError } from '../errors.ts';
import { addressText, isV4, newWords, parseAddress } from '../intel/address.ts';
import { isNowhere, placeOf, type Place } from './place.ts';

export interface GeoDatabase {
  /** As it calls itself: `GeoLite2-City`. */
  readonly type: string;
  /** When it was made, ms since the epoch. */
  readonly built: number;
  /** @param address of either family. @throws Error where the database is damaged at that place. */
  readonly placeOf: (address: string) => Place;
}

const FORMAT = 2;
const NOWHERE: Place = {};
const SEPARATOR_BYTES = 16;
const PACKED: readonly (readonly [string, readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b]],
  ['zip', [0x50, 0x4b]],
];

/** @param key of the object, for messages. @throws MisconfiguredError where the bytes are no database that says where addresses are or whose. */
export function openGeoDatabase(bytes: Buffer, key: string): GeoDatabase {
  const packed = PACKED.find(([, magic]) => magic.every((byte, at) => bytes[at] === byte))?.[0];
  if (packed !== undefined) throw new MisconfiguredError(`${key} is a ${packed} archive: upload the .mmdb file that is in it`);
  const reader = opened(bytes, key);
  const { ipVersion, databaseType, buildEpoch } = reader.metadata;
  const words = newWords();
  function find(address: string): Place {
    if (!parseAddress(address, words)) return NOWHERE;
    const isOld = isV4(words);
    // In a database of IPv4 the library would take the first bits of an IPv6 address for one.
    if (!isOld && ipVersion === 4) return NOWHERE;
    // A mapped address stands under its IPv4 address.
    return placeOf(reader.get(isOld ? addressText(words) : address));
  }
  check(find, reader, key);
  return { type: databaseType, built: buildEpoch.getTime(), placeOf: find };
}

type Records = Reader<Response>;

function opened(bytes: Buffer, key: string): Records {
  const reader = read(bytes);
  if (reader === undefined)
    throw new MisconfiguredError(`${key} is no database in MaxMind's format (.mmdb), or it was cut off: upload it again, as binary`);
  const { binaryFormatMajorVersion: version, searchTreeSize, ipVersion } = reader.metadata;
  if (version !== FORMAT) throw new MisconfiguredError(`${key} has version ${version} of MaxMind's format, of which ${FORMAT} is read`);
  if (!(searchTreeSize + SEPARATOR_BYTES < bytes.length) || (ipVersion !== 4 && ipVersion !== 6))
    throw new MisconfiguredError(`${key} is damaged: its metadata and its size do not agree; upload it again`);
  return reader;
}

/** Of what is no such file the library says many things, none of which helps. */
function read(bytes: Buffer): Records | undefined {
  try {
    return new Reader<Response>(bytes, { cache: createDecoded() });
  } catch {
    return undefined;
  }
}

/** Parts of records that many records point to, such as countries with their names in all languages: decoding them is most of a look-up. */
const MOST_DECODED = 4096;

function createDecoded(): { get(at: string | number): unknown; set(at: string | number, value: unknown): void } {
  const decoded = new Map<string | number, unknown>();
  return {
    get: (at) => decoded.get(at),
    set(at, value) {
      if (decoded.size >= MOST_DECODED) decoded.clear();
      decoded.set(at, value);
    },
  };
}

/** Addresses all over the Internet, and of the documentation: some of them are in any database that is of use. */
const SAMPLES = [
  ...Array.from({ length: 222 }, (_, at) => `${at + 1}.64.0.1`),
  ...['192.0.2.1', '198.51.100.1', '203.0.113.1', '2001:db8::1', '2001:4860:4860::8888', '2a00:1450:4001:800::200e'],
];

/** @throws MisconfiguredError where samples cannot be read, or hold neither places nor networks (a database of proxies, of domains). */
function check(find: (address: string) => Place, reader: Records, key: string): void {
  let isAny = false;
  try {
    for (const sample of SAMPLES) {
      if (!isNowhere(find(sample))) return;
      if (!sample.includes(':') || reader.metadata.ipVersion === 6) isAny ||= reader.get(sample) !== null;
    }
  } catch {
    throw new MisconfiguredError(`${key} is damaged: addresses cannot be looked up in it; upload it again`);
  }
  // Where no sample is in it at all, it may be a small one of the bank's own.
  if (isAny)
    throw new MisconfiguredError(
      `${key} (${reader.metadata.databaseType}) says neither where addresses are nor whose: take a database of cities, countries or autonomous systems`,
    );
}
