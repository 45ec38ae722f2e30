// What a format has to say of a feed's bytes. One file per format in this folder.
import { epochMs, inRange } from '../../ocsf/event.ts';
import type { Parsed } from '../indicator.ts';

/** The bytes are not what the format promises. Message: what is wrong, without the bytes. */
export class FeedError extends Error {
  override readonly name = 'FeedError';
}

/** Formats whose feed is one file. Pure. @throws FeedError */
export type ParseFeed = (body: Buffer) => Parsed;

/** @param text as feeds write times: RFC 3339, or without zone, which then is UTC, or a day. @returns ms since the epoch. */
export function timeOf(text: unknown): number | undefined {
  if (typeof text !== 'string') return undefined;
  const plain = text.trim().replace(/\s*UTC$/, '');
  const whole = /^\d{4}-\d{2}-\d{2}$/.test(plain) ? `${plain}T00:00:00Z` : plain;
  return epochMs(whole) ?? epochMs(`${whole}Z`);
}

/** @param seconds as MISP writes them, as text or number. @returns ms since the epoch. */
export function secondsOf(seconds: unknown): number | undefined {
  const ms = typeof seconds === 'string' || typeof seconds === 'number' ? Number(seconds) * 1000 : NaN;
  return inRange(ms) ? ms : undefined;
}

/** @returns the part of an indicator that is there. */
export function given<K extends string, T>(name: K, value: T | undefined): Partial<Record<K, T>> {
  const part: Partial<Record<K, T>> = {};
  if (value !== undefined) part[name] = value;
  return part;
}

/** @returns a number from 0 to 100; undefined for anything else. */
export function confidenceOf(candidate: unknown): number | undefined {
  const number = typeof candidate === 'string' && candidate !== '' ? Number(candidate) : candidate;
  return typeof number === 'number' && number >= 0 && number <= 100 ? Math.round(number) : undefined;
}
