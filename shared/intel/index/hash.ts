// 64 bits of a canonical value, as two numbers of 32: where in the index to look. Whether it is the same value is decided by its characters, so
// values that somebody has made to collide cost time and nothing else. Mixing as in MurmurHash3. https://github.com/aappleby/smhasher/wiki/MurmurHash3

/** Of the last call of hashRange(): two numbers cannot be returned without making an object. */
export const hashed = { high: 0, low: 0 };

const [FIRST, SECOND, THIRD, FOURTH] = [0x9e3779b1, 0x5f356495, 0x85ebca6b, 0xc2b2ae35] as const;

/** Hashes the characters from `start` to `end` into `hashed`. @param seed the number of the type: the same text is another value for another type. */
export function hashRange(text: string, start: number, end: number, seed: number): void {
  let high = FIRST ^ seed;
  let low = SECOND ^ Math.imul(seed, THIRD);
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at);
    high = Math.imul(high ^ code, FIRST);
    low = Math.imul(low ^ code, SECOND);
    high ^= high >>> 15;
    low ^= low >>> 13;
  }
  const mixed = Math.imul(high ^ (low >>> 16), THIRD);
  low = Math.imul(low ^ (high >>> 13), FOURTH);
  hashed.high = (mixed ^ (mixed >>> 16)) >>> 0;
  hashed.low = (low ^ (low >>> 15)) >>> 0;
}
