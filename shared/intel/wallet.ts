// Addresses of chains. One chain may write the same address in several ways; what is told from the form alone is its family, which several chains
// may share. https://github.com/bitcoin/bips/blob/master/bip-0173.mediawiki, https://eips.ethereum.org/EIPS/eip-55

interface Family {
  readonly name: string;
  readonly form: RegExp;
  /** In base58, upper and lower case are different digits. */
  readonly lower: boolean;
}

const BASE58 = '[1-9A-HJ-NP-Za-km-z]';

/** The first that fits counts. */
const FAMILIES: readonly Family[] = [
  // All EVM chains; upper case is a checksum only.
  { name: 'evm', form: /^0x[0-9a-f]{40}$/i, lower: true },
  { name: 'btc', form: /^(?:bc|tb)1[02-9ac-hj-np-z]{8,87}$/i, lower: true },
  { name: 'ltc', form: /^ltc1[02-9ac-hj-np-z]{8,87}$/i, lower: true },
  // Its prefix is optional: stripped before.
  { name: 'bch', form: /^[qp][02-9ac-hj-np-z]{41}$/i, lower: true },
  { name: 'trx', form: new RegExp(`^T${BASE58}{33}$`), lower: false },
  { name: 'xrp', form: new RegExp(`^r${BASE58}{24,34}$`), lower: false },
  { name: 'xmr', form: new RegExp(`^[48]${BASE58}{94,105}$`), lower: false },
  // Bitcoin and what was split from it; Litecoin, Dash, Zcash (transparent), Dogecoin.
  { name: 'base58', form: new RegExp(`^(?:[123LMXDn7]|t[13])${BASE58}{24,34}$`), lower: false },
];

/** Listed under its chain, of a form that is none of the above: Solana, Stellar, Cardano, … */
const OTHER = /^[A-Za-z0-9:._-]{20,256}$/;

/**
 * @param listed true where the source says that it is an address of a chain: then any form will do.
 * @returns `family:address`, the same for the same address; undefined where the text has the form of none.
 */
export function walletOf(text: string, listed = false): string | undefined {
  const address = text.replace(/^bitcoincash:/i, '');
  const family = FAMILIES.find(({ form }) => form.test(address));
  if (family !== undefined) return `${family.name}:${family.lower ? address.toLowerCase() : address}`;
  return listed && OTHER.test(address) ? `other:${address}` : undefined;
}

/** As chains write it, without our family before it. */
export function walletText(value: string): string {
  return value.slice(value.indexOf(':') + 1);
}
