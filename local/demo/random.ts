// A small seeded generator (mulberry32: 32 bits of state, public domain), so that made-up logs are the same on every machine and run.
export interface Random {
  /** @returns a number in [0, 1). */
  next(): number;
  /** @returns a whole number from `min` to `max`, both included. */
  int(min: number, max: number): number;
  pick<T>(items: readonly [T, ...T[]]): T;
  /** @returns lower-case hexadecimal digits. */
  hex(digits: number): string;
  uuid(): string;
}

export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  }
  function int(min: number, max: number): number {
    return min + Math.floor(next() * (max - min + 1));
  }
  function hex(digits: number): string {
    let out = '';
    while (out.length < digits) out += int(0, 0xffff).toString(16).padStart(4, '0');
    return out.slice(0, digits);
  }
  return {
    next,
    int,
    hex,
    pick: (items) => items[int(0, items.length - 1)] ?? items[0],
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`,
  };
}
