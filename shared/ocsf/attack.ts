// MITRE ATT&CK names as OCSF's attack object wants them. https://schema.ocsf.io/1.8.0/objects/attack and https://attack.mitre.org/tactics/enterprise/
import type { JsonObject } from '../model.ts';

/** Version that our own rules' tags are of. */
export const ATTACK_VERSION = '19.1';

// Version 19 split Defense Evasion into Stealth, which kept its id, and Defense Impairment; under the old name either may be meant.
const TACTIC_UIDS: Readonly<Record<string, string | undefined>> = {
  Reconnaissance: 'TA0043',
  'Resource Development': 'TA0042',
  'Initial Access': 'TA0001',
  Execution: 'TA0002',
  Persistence: 'TA0003',
  'Privilege Escalation': 'TA0004',
  'Defense Evasion': undefined,
  Stealth: 'TA0005',
  'Defense Impairment': 'TA0112',
  'Credential Access': 'TA0006',
  Discovery: 'TA0007',
  'Lateral Movement': 'TA0008',
  Collection: 'TA0009',
  'Command and Control': 'TA0011',
  Exfiltration: 'TA0010',
  Impact: 'TA0040',
};

/** @param name as ATT&CK writes it. @returns OCSF tactic, or undefined where there is no such tactic. */
export function tacticOf(name: string): JsonObject | undefined {
  if (!Object.hasOwn(TACTIC_UIDS, name)) return undefined;
  const uid = TACTIC_UIDS[name];
  return uid === undefined ? { name } : { name, uid };
}

/** Sigma's tags (`attack.initial-access`, `attack.t1078.004`) as OCSF attacks: techniques, then tactics; other tags have no place there. */
export function attacksOf(tags: readonly string[]): readonly JsonObject[] {
  return [...tags.flatMap(techniqueAttack), ...tags.flatMap(tacticAttack)];
}

function techniqueAttack(tag: string): readonly JsonObject[] {
  const match = /^attack\.(t\d{4})(\.\d{3})?$/.exec(tag);
  if (match?.[1] === undefined) return [];
  const uid = match[1].toUpperCase();
  const attack = { technique: { uid }, version: ATTACK_VERSION };
  return [match[2] === undefined ? attack : { ...attack, sub_technique: { uid: uid + match[2] } }];
}

function tacticAttack(tag: string): readonly JsonObject[] {
  const words = tag.startsWith('attack.') ? tag.slice('attack.'.length).split('-') : [];
  const name = words.map((word) => (word === 'and' ? word : word.charAt(0).toUpperCase() + word.slice(1))).join(' ');
  const tactic = tacticOf(name);
  return tactic === undefined ? [] : [{ tactic, version: ATTACK_VERSION }];
}
