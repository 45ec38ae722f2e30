// Networks with something known of them: the bank's own lists, tens of them. https://www.rfc-editor.org/rfc/rfc4632
import { networkOf, newWords, parseAddress, startsAs, type Network } from '../intel/address.ts';
import { remembered } from './remembered.ts';

/** @returns the network that an address or a network in CIDR notation is; undefined where the text is neither. */
export function networkNamed(text: string): Network | undefined {
  return text.includes('/') ? networkOf(text) : networkOf(`${text}/${text.includes(':') ? 128 : 32}`);
}

interface Found<T> {
  readonly value: T | undefined;
}

/** @param entries those that are no networks are left out. @returns what the smallest network says that an address is in; undefined outside of all. */
export function networkTable<T>(entries: readonly (readonly [network: string, value: T])[]): (address: string) => T | undefined {
  const table = entries
    .flatMap(([text, value]) => {
      const network = networkNamed(text);
      return network === undefined ? [] : [{ network, found: { value } }];
    })
    .sort((one, other) => other.network.bits - one.network.bits);
  if (table.length === 0) return () => undefined;
  const nothing: Found<T> = { value: undefined };
  const words = newWords();
  const find = remembered((address: string): Found<T> => {
    if (!parseAddress(address, words)) return nothing;
    return table.find(({ network }) => startsAs(words, network.words, network.bits))?.found ?? nothing;
  });
  return (address) => find(address).value;
}
