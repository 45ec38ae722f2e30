// What was looked up before, in bounded memory: the younger of two halves takes what is asked for, and when it is full the older one is forgotten.
// It keeps what is asked for often, as a list by last use does, for one look into a Map. https://en.wikipedia.org/wiki/Cache_replacement_policies#CLOCK

/** Entries of one half. */
const HALF = 32_768;

/** @param look asked for what is not remembered; what it throws is not. @returns the same, remembered. */
export function remembered<K extends string | number, T extends object>(look: (key: K) => T, half: number = HALF): (key: K) => T {
  let young = new Map<string | number, T>();
  let old = new Map<string | number, T>();
  return (key) => {
    const known = young.get(key);
    if (known !== undefined) return known;
    const found = old.get(key) ?? look(key);
    if (young.size >= half) {
      old = young;
      young = new Map();
    }
    young.set(typeof key === 'string' ? ownCopy(key) : key, found);
    return found;
  };
}

/** A text that was cut out of a log keeps all of that log in memory, for as long as it is kept itself. */
function ownCopy(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8');
}
