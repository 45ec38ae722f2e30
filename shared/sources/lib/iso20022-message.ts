// What a record of an ISO 20022 message is: the message around it, who sent it to whom, and when. https://www.iso20022.org/iso-20022-message-definitions
import type { Outcome } from '../../model.ts';
import { epochMs, inRange } from '../../ocsf/event.ts';
import { reject, value } from '../../outcome.ts';
import { readXml, type XmlElement, type XmlMembers, type XmlValue } from './xml.ts';

/** A message, or what its header tells of one. */
export interface Message {
  /** `pacs.008` */
  readonly name: string;
  /** `001.07` */
  readonly version: string | undefined;
  /** As the message names itself, `pacs.008.001.07`. */
  readonly definition: string;
  /** Business Application Header, where there is one. */
  readonly business: XmlMembers | undefined;
  /** GrpHdr, Stmt, … by their names. */
  readonly parts: XmlMembers;
  readonly id: string | undefined;
  readonly sender: string | undefined;
  readonly receiver: string | undefined;
  readonly created: Moment | undefined;
}

export interface Moment {
  /** ms since the epoch */
  readonly ms: number;
  readonly written: string;
}

/** Signatures and the certificates and keys in them. */
const SECRETS: ReadonlySet<string> = new Set(['Sgntr', 'Signature']);

export function readElement(text: string): Outcome<XmlElement> {
  return readXml(text, SECRETS);
}

// Records of one document have the same header.
let lastHeader: { readonly text: string; readonly message: Outcome<Message> } | undefined;

export function messageOfHeader(text: string): Outcome<Message> {
  if (lastHeader?.text === text) return lastHeader.message;
  const root = readElement(text);
  const message = root.kind === 'value' ? messageOf(root.value) : root;
  lastHeader = { text, message: message.kind === 'reject' ? reject(message.reject.code, `header: ${message.reject.detail}`) : message };
  return lastHeader.message;
}

/** By the root of a message, for documents that do not say what they are. */
const ROOTS: ReadonlyMap<string, string> = new Map([
  ['FIToFICstmrCdtTrf', 'pacs.008'],
  ['FICdtTrf', 'pacs.009'],
  ['FinInstnCdtTrf', 'pacs.009'],
  ['FIToFIPmtStsRpt', 'pacs.002'],
  ['BkToCstmrStmt', 'camt.053'],
]);
const DEFINITION = /(?:^|[:/.])([a-z]{4}\.\d{3})(?:\.(\d{3}\.\d{2}))?(?:$|\.)/;

/** @param root a document with or without its business header, in a wrapper of any kind or in none. */
export function messageOf(root: XmlElement): Outcome<Message> {
  const business = within(root, 'AppHdr');
  const [rootName, parts] = Object.entries(within(root, 'Document') ?? {}).find(isMessage) ?? [];
  if (rootName === undefined || !isMembers(parts)) return reject('missing_field', 'Document');
  const [name, version] = definitionOf([...root.namespaces, textOf(business?.['MsgDefIdr']) ?? '']) ?? [ROOTS.get(rootName), undefined];
  if (name === undefined) return reject('missing_field', 'the name of the message');
  const group = membersOf(parts['GrpHdr']) ?? membersOf(parts['Assgnmt']);
  return value({
    name,
    version,
    definition: version === undefined ? name : `${name}.${version}`,
    business,
    parts,
    ...partiesOf(business, group),
    created: createdAt(textOf(group?.['CreDtTm']), textOf(business?.['CreDt'])),
  });
}

function isMessage([name, member]: readonly [string, XmlValue]): boolean {
  return !name.startsWith('@') && isMembers(member);
}

function definitionOf(candidates: readonly string[]): readonly [name: string | undefined, version: string | undefined] | undefined {
  for (const candidate of candidates) {
    const [, name, version] = DEFINITION.exec(candidate) ?? [];
    if (name !== undefined && name !== 'head.001') return [name, version];
  }
  return undefined;
}

function partiesOf(business: XmlMembers | undefined, group: XmlMembers | undefined): Pick<Message, 'id' | 'sender' | 'receiver'> {
  return {
    id: textOf(group?.['MsgId']) ?? textOf(group?.['Id']) ?? textOf(business?.['BizMsgIdr']),
    sender: partyOf(business?.['Fr']) ?? agentOf(group?.['InstgAgt']),
    receiver: partyOf(business?.['To']) ?? agentOf(group?.['InstdAgt']),
  };
}

const MAX_WRAPPERS = 4;

/** The first element of that name, not far from the root. */
function within(root: XmlElement, name: string): XmlMembers | undefined {
  let level: XmlValue[] = [{ [root.name]: root.value }];
  for (let depth = 0; depth <= MAX_WRAPPERS && level.length > 0; depth++) {
    for (const node of level) {
      const found = isMembers(node) && Object.hasOwn(node, name) ? first(node[name]) : undefined;
      if (isMembers(found)) return found;
    }
    level = level.flatMap((node) => (isMembers(node) ? Object.values(node) : [])).filter(isMembers);
  }
  return undefined;
}

/** A time without a zone is taken as UTC, and only where the other header has none with one. */
function createdAt(group: string | undefined, business: string | undefined): Moment | undefined {
  return momentOf(group) ?? momentOf(business) ?? momentOf(group, 'Z');
}

function momentOf(written: string | undefined, zone = ''): Moment | undefined {
  const ms = written === undefined ? undefined : epochMs(written + zone);
  return written === undefined || ms === undefined || !inRange(ms) ? undefined : { ms, written };
}

/** Of a business header: a financial institution, or an organisation. */
function partyOf(party: XmlValue | undefined): string | undefined {
  const organisation = membersOf(membersOf(membersOf(membersOf(party)?.['OrgId'])?.['Id'])?.['OrgId']);
  return agentOf(membersOf(party)?.['FIId']) ?? textOf(organisation?.['AnyBIC']) ?? textOf(organisation?.['BICOrBEI']);
}

/** @returns the agent's BIC, else its id in a clearing system. */
export function agentOf(agent: XmlValue | undefined): string | undefined {
  const institution = membersOf(membersOf(agent)?.['FinInstnId']);
  return textOf(institution?.['BICFI']) ?? textOf(institution?.['BIC']) ?? textOf(membersOf(institution?.['ClrSysMmbId'])?.['MmbId']);
}

// ── Members ──

export function isMembers(candidate: XmlValue | undefined): candidate is XmlMembers {
  return typeof candidate === 'object' && !Array.isArray(candidate);
}

function first(candidate: XmlValue | undefined): XmlValue | undefined {
  return Array.isArray(candidate) ? candidate[0] : candidate;
}

/** @returns the element's children; of the last one, where there are several of its name. */
export function membersOf(candidate: XmlValue | undefined): XmlMembers | undefined {
  const last = Array.isArray(candidate) ? candidate.at(-1) : candidate;
  return isMembers(last) ? last : undefined;
}

/** @returns the element's text, beside attributes too. */
export function textOf(candidate: XmlValue | undefined): string | undefined {
  const one = first(candidate);
  const own = isMembers(one) ? one['#text'] : one;
  return typeof own === 'string' && own !== '' ? own : undefined;
}
