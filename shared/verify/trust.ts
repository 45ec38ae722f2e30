// Whose signatures count. A trust file is written as C2SP's tlog-policy: https://c2sp.org/tlog-policy
//   log <vkey>
//   witness <name> <vkey>
//   group <name> all|any|<number> <name>...
//   quorum <name>|none
import { EvidenceError, MisconfiguredError } from '../errors.ts';
import { openCheckpoint, type OpenCheckpoint } from '../notary/checkpoint.ts';
import { verifierOf, type NoteVerifier, type SignedBy } from '../notary/note.ts';
import { problem, type Problem } from './problems.ts';

export interface Trust {
  /** Keys that sign the log's checkpoints. */
  readonly logs: readonly NoteVerifier[];
  readonly witnesses: readonly NoteVerifier[];
  /** Whether these signatures include the witnesses that are demanded; undefined where none is demanded. */
  readonly quorum: ((signed: readonly SignedBy[]) => boolean) | undefined;
  /** Whether the keys were given from outside: keys found beside the evidence prove little. */
  readonly pinned: boolean;
}

/** The keys that lie with the evidence itself. @param witnesses keys that are known from elsewhere, such as the bank's file. */
export function unpinnedTrust(vkeys: readonly string[], origin: string, witnesses: readonly string[] = []): Trust {
  const verifiers = [...vkeys, ...witnesses].map(verifierOf);
  const isOfLog = ({ name, kind }: NoteVerifier): boolean => name === origin && kind !== 'cosignature';
  return {
    logs: verifiers.filter(isOfLog),
    witnesses: verifiers.filter((key) => !isOfLog(key)),
    quorum: undefined,
    pinned: false,
  };
}

type Quorum = (signed: readonly SignedBy[]) => boolean;

interface Policy {
  readonly logs: NoteVerifier[];
  readonly witnesses: NoteVerifier[];
  readonly names: Map<string, Quorum>;
  readonly members: Set<string>;
  quorum: Quorum | 'none' | undefined;
}

/** @param file names it in errors. @throws MisconfiguredError saying which line is wrong. */
export function parseTrust(text: string, file = 'the trust file'): Trust {
  const policy: Policy = { logs: [], witnesses: [], names: new Map(), members: new Set(), quorum: undefined };
  for (const [at, line] of text.split('\n').entries()) {
    const words = line.split(/[ \t]+/).filter((word) => word !== '');
    const [what = '#', ...rest] = words;
    if (what.startsWith('#')) continue;
    const wrong = read(policy, what, rest);
    if (wrong !== undefined) throw new MisconfiguredError(`${file}, line ${at + 1}: ${wrong}`);
  }
  const { logs, witnesses, quorum } = policy;
  if (logs.length === 0) throw new MisconfiguredError(`${file} names no log: a line such as "log <verifier key>" is needed`);
  if (quorum === undefined)
    throw new MisconfiguredError(`${file} has no line "quorum <name>"; where no witness is demanded: "quorum none"`);
  return { logs, witnesses, quorum: quorum === 'none' ? undefined : quorum, pinned: true };
}

/** @returns what is wrong with the line; undefined where nothing is. */
function read(policy: Policy, what: string, [name = '', ...rest]: readonly string[]): string | undefined {
  switch (what) {
    case 'log':
      return addKey(policy, 'log', name);
    case 'witness': {
      const wrong = takenName(policy, name) ?? addKey(policy, 'witness', rest[0] ?? '');
      const vkey = rest[0];
      policy.names.set(name, (signed) => policy.witnesses.some((key) => key.vkey === vkey && signed.some((by) => isSame(key, by))));
      return wrong;
    }
    case 'group':
      return addGroup(policy, name, rest);
    case 'quorum': {
      if (policy.quorum !== undefined) return 'a second quorum';
      policy.quorum = name === 'none' ? 'none' : policy.names.get(name);
      return policy.quorum === undefined ? `quorum ${name} is no witness or group of the lines above` : undefined;
    }
    default:
      return `${what} is not one of log, witness, group, quorum`;
  }
}

function addKey(policy: Policy, what: 'log' | 'witness', vkey: string): string | undefined {
  try {
    const verifier = verifierOf(vkey);
    if (verifier.kind === 'cosignature' && what === 'log') return `the key of ${verifier.name} is that of a witness`;
    const bytes = vkey.slice(vkey.lastIndexOf('+'));
    const keys = what === 'log' ? policy.logs : policy.witnesses;
    if (keys.some((known) => known.vkey.endsWith(bytes))) return `the key of ${verifier.name} is listed twice`;
    keys.push(verifier);
    return undefined;
  } catch (error) {
    if (error instanceof EvidenceError) return error.message;
    throw error;
  }
}

function addGroup(policy: Policy, name: string, [least = '', ...names]: readonly string[]): string | undefined {
  const members = names.map((member) => policy.names.get(member));
  const needed = least === 'all' ? names.length : least === 'any' ? 1 : /^[1-9]\d{0,3}$/.test(least) ? Number(least) : 0;
  const unknown = names.find((member) => !policy.names.has(member));
  const twice = names.find((member, at) => policy.members.has(member) || names.indexOf(member) !== at);
  if (needed < 1 || needed > names.length) return `group ${name} needs all, any or a number from 1 to its ${names.length} members`;
  if (unknown !== undefined) return `${unknown} is no witness or group of the lines above`;
  if (twice !== undefined) return `${twice} is a member twice`;
  const wrong = takenName(policy, name);
  for (const member of names) policy.members.add(member);
  policy.names.set(name, (signed) => members.filter((member) => member?.(signed) === true).length >= needed);
  return wrong;
}

function takenName(policy: Policy, name: string): string | undefined {
  if (name === '' || name === 'none') return 'a name other than none is needed';
  return policy.names.has(name) ? `${name} is named twice` : undefined;
}

function isSame(key: NoteVerifier, by: SignedBy): boolean {
  return key.name === by.name && key.keyId === by.keyId;
}

export interface SignedCheckpoint extends OpenCheckpoint {
  /** Whether a witness that is trusted signed it. */
  readonly isWitnessed: boolean;
}

export type Opened =
  { readonly checkpoint: SignedCheckpoint; readonly problem?: undefined } | { readonly problem: Problem; readonly checkpoint?: undefined };

/** A checkpoint whose signature by a trusted key of this log was checked. @param at names it in problems. */
export function openSigned(note: string, trust: Trust, { origin, at }: { readonly origin: string; readonly at: string }): Opened {
  try {
    const checkpoint = openCheckpoint(note, [...trust.logs, ...trust.witnesses]);
    if (checkpoint.origin !== origin)
      return { problem: problem('wrong_origin', at, `it is a checkpoint of ${checkpoint.origin}, not of ${origin}`) };
    const isWitnessed = trust.witnesses.some((key) => checkpoint.signed.some((by) => isSame(key, by)));
    return { checkpoint: { ...checkpoint, isWitnessed } };
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error;
    return { problem: problem('bad_signature', at, error.message) };
  }
}
