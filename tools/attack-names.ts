// Names of the techniques that our rules are about, and the tactics they serve, as MITRE ATT&CK 19 has them. https://attack.mitre.org/techniques/enterprise/
// Version 19 split Defense Evasion into Stealth and Defense Impairment; a technique that was there and is not known
// to be in one of them is taken for either, as the rule says.

import names from './attack-names.json' with { type: 'json' };

/** In the order in which an attack goes. */
export const TACTICS = [
  'reconnaissance',
  'resource-development',
  'initial-access',
  'execution',
  'persistence',
  'privilege-escalation',
  'stealth',
  'defense-impairment',
  'credential-access',
  'discovery',
  'lateral-movement',
  'collection',
  'command-and-control',
  'exfiltration',
  'impact',
] as const;

export type Tactic = (typeof TACTICS)[number];

/** One letter each, in attack-names.json. */
const LETTERS: Readonly<Record<string, readonly Tactic[]>> = {
  r: ['reconnaissance'],
  w: ['resource-development'],
  i: ['initial-access'],
  x: ['execution'],
  p: ['persistence'],
  e: ['privilege-escalation'],
  s: ['stealth', 'defense-impairment'],
  q: ['defense-impairment'],
  c: ['credential-access'],
  d: ['discovery'],
  l: ['lateral-movement'],
  o: ['collection'],
  k: ['command-and-control'],
  f: ['exfiltration'],
  m: ['impact'],
};

/** Id → name, tactics. */
const TECHNIQUES: Readonly<Partial<Record<string, readonly string[]>>> = names;

export interface Technique {
  readonly id: string;
  /** With the name of the technique it is a part of. */
  readonly name: string;
  readonly tactics: readonly Tactic[];
}

/** @param id as T1078.004. @returns undefined where it is not in the table; then it has to be added. */
export function techniqueOf(id: string): Technique | undefined {
  const own = TECHNIQUES[id];
  if (own === undefined) return undefined;
  const [parent] = id.split('.');
  const above = parent === undefined || parent === id ? undefined : TECHNIQUES[parent]?.[0];
  const [name = '', letters = ''] = own;
  return {
    id,
    name: above === undefined ? name : `${above}: ${name}`,
    tactics: Array.from(letters, (letter) => LETTERS[letter] ?? []).flat(),
  };
}
