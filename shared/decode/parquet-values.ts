// Values of Parquet as JSON has them. https://parquet.apache.org/docs/file-format/types/logicaltypes/
import type { ParquetParsers } from 'hyparquet';
import type { Json, JsonObject } from '../model.ts';
import { parseJson } from '../outcome.ts';

/** Times as text with all their digits, JSON as what it says; geometries, which no log has, as their bytes. */
export const PARSERS: ParquetParsers = {
  timestampFromMilliseconds: (ms) => timeText(ms, 1000n, 3),
  timestampFromMicroseconds: (us) => timeText(us, 1_000_000n, 6),
  timestampFromNanoseconds: (ns) => timeText(ns, 1_000_000_000n, 9),
  dateFromDays: (days) => timeText(BigInt(days) * 86_400n, 1n, 0).slice(0, 10),
  stringFromBytes: textOf,
  jsonFromBytes: (bytes) => parseJson(textOf(bytes)) ?? textOf(bytes),
  geometryFromBytes: (bytes) => bytes,
  geographyFromBytes: (bytes) => bytes,
  uuidFromBytes: (bytes) =>
    Buffer.from(bytes)
      .toString('hex')
      .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
};

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

/** @param scale units in a second. @returns ISO 8601, UTC; the number as text where it names no date of four digits. */
function timeText(units: bigint, scale: bigint, digits: number): string {
  const seconds = units / scale - (units % scale < 0n ? 1n : 0n);
  const date = new Date(Number(seconds) * 1000);
  const year = date.getUTCFullYear();
  if (!(year >= 0 && year <= 9999)) return String(units);
  const fraction = digits === 0 ? '' : `.${String(units - seconds * scale).padStart(digits, '0')}`;
  return `${date.toISOString().slice(0, 19)}${fraction}Z`;
}

/** @param row as the decoder gives it. Whole numbers beyond what JSON holds exactly become text, bytes base64. */
export function rowToJson(row: Readonly<Record<string, unknown>>): JsonObject {
  return Object.fromEntries(Object.entries(row).map(([name, member]) => [name, toJson(member)]));
}

function toJson(member: unknown): Json {
  if (typeof member === 'string' || typeof member === 'boolean') return member;
  if (typeof member === 'number') return Number.isFinite(member) ? member : String(member);
  if (typeof member === 'bigint') return Number.isSafeInteger(Number(member)) ? Number(member) : String(member);
  return typeof member === 'object' ? objectToJson(member) : null;
}

function objectToJson(member: object | null): Json {
  if (member === null) return null;
  if (member instanceof Uint8Array) return Buffer.from(member).toString('base64');
  if (Array.isArray(member)) return member.map(toJson);
  return rowToJson({ ...member });
}
