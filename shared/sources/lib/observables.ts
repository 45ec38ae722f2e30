// Values that no attribute of OCSF tells and that threat intelligence is matched with: addresses of chains, bank accounts. Events list them
// themselves, beside the ones that anybody can compute (shared/ocsf/full.ts). https://schema.ocsf.io/1.8.0/objects/observable (type_id 99)
export const BLOCKCHAIN_ADDRESS = 'Blockchain Address';
export const ACCOUNT = 'Account';

export interface OwnObservable {
  /** Path of the attribute, `unmapped.vout[].address`. */
  readonly name: string;
  readonly type_id: 99;
  readonly type: string;
  readonly value: string;
}

/** A block or a batch may name any number. What is beyond is in the event, but not listed. */
const MAX_OWN = 1024;

export interface Observables {
  /** Lists a text that is not empty, once for each name. */
  add(name: string, value: unknown): void;
  /** @returns undefined where there is none. */
  list(): readonly OwnObservable[] | undefined;
}

export function createObservables(type: string): Observables {
  const found: OwnObservable[] = [];
  let seen: Set<string> | undefined;

  function isNew(name: string, value: string): boolean {
    if (found.length < 4) return !found.some((one) => one.value === value && one.name === name);
    seen ??= new Set(found.map((one) => `${one.name} ${one.value}`));
    const before = seen.size;
    return seen.add(`${name} ${value}`).size > before;
  }

  return {
    add(name, value) {
      if (typeof value !== 'string' || value === '' || found.length >= MAX_OWN || !isNew(name, value)) return;
      found.push({ name, type_id: 99, type, value });
    },
    list: () => (found.length === 0 ? undefined : found),
  };
}
