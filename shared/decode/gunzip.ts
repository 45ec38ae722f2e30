// gzip of a few MB at most, expanded at once. https://nodejs.org/api/zlib.html
import { gunzipSync } from 'node:zlib';
import type { Outcome } from '../model.ts';
import { object, reject, text, value } from '../outcome.ts';

/** @param maxBytes it may expand to; more is a bomb. @returns the text, or why there is none. */
export function gunzipText(bytes: Uint8Array, maxBytes: number): Exclude<Outcome<string>, { kind: 'exclude' }> {
  try {
    return value(gunzipSync(bytes, { maxOutputLength: maxBytes }).toString('utf8'));
  } catch (error) {
    const code = text(object(error)?.['code']) ?? 'no gzip';
    return code === 'ERR_BUFFER_TOO_LARGE'
      ? reject('too_large', `expands to more than ${maxBytes} bytes`)
      : reject('corrupt_compression', code);
  }
}
