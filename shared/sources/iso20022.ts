// ISO 20022 payment messages, one event per transaction, status, statement entry or balance, to API Activity 6003.
// https://www.iso20022.org/iso-20022-message-definitions (pacs.008, pacs.009, pacs.002, camt.053, in any version; others as far as they are alike)
//  - OCSF has no class for payments; a message is an operation that one institution asks of another: api.operation is the message's name,
//    the sender actor.app_uid and src_endpoint, the receiver dst_endpoint, payments and accounts are resources. Accounts are observables.
//  - The record is in `unmapped` under its element's name, what the message tells of all its records (AppHdr, GrpHdr, Stmt) beside it, in the
//    first record's event as a whole, in the others up to 16 KiB. Text stays text: amounts are never numbers. What signatures hold is left out.
//  - The time is the message's: GrpHdr/CreDtTm, AppHdr/CreDt where the former has no zone. Without a zone in either it is UTC.
import { digest } from '../ids.ts';
import type { JsonObject, OcsfEvent, Outcome, RawRecord } from '../model.ts';
import { API_ACTIVITY, SEVERITY, STATUS } from '../ocsf/classes.ts';
import { exclude, reject, value } from '../outcome.ts';
import type { Context, Source } from './api.ts';
import { apiActivity, metadataOf } from './lib/audit.ts';
import { agentOf, isMembers, membersOf, messageOf, messageOfHeader, readElement, textOf, type Message } from './lib/iso20022-message.ts';
import { sharedOf } from './lib/iso20022-shared.ts';
import { ACCOUNT, createObservables, type Observables } from './lib/observables.ts';
import type { XmlMembers, XmlValue } from './lib/xml.ts';

interface Payment {
  readonly message: Message;
  /** The record's element; undefined where the message has none and is the record. */
  readonly element: string | undefined;
  readonly members: XmlMembers;
  readonly ids: readonly Id[];
  /** ms since the epoch */
  readonly time: number;
}

/** An id that the sender gave the payment, and the name of its element. */
interface Id extends JsonObject {
  readonly uid: string;
  readonly type: string;
}

const SERVICE = 'ISO 20022';
const PRODUCT = { name: 'ISO 20022', vendor_name: 'ISO' };

export const iso20022: Source<Payment> = {
  name: 'iso20022',
  title: 'ISO 20022 payment messages (pacs.008, pacs.009, pacs.002, camt.053)',
  documentation: 'https://www.iso20022.org/iso-20022-message-definitions',
  classes: [API_ACTIVITY.uid],
  framing: { kind: 'xml', elements: ['CdtTrfTxInf', 'DrctDbtTxInf', 'TxInfAndSts', 'TxInf', 'Ntry', 'Bal'] },
  delivered: ["Kafka, Kinesis, S3: as the bank's file says"],
  claims: () => false,
  recognises: (head) => /^\s*</.test(head) && CONTENT.test(head),
  parse,
  map,
};

const CONTENT = /urn:iso:std:iso:20022:tech:xsd:|(?:\/|:)(?:pacs|pain|camt)\.\d{3}\.\d{3}\.\d{2}/;

function parse(record: RawRecord, context: Context): Outcome<Payment> {
  const read = readElement(record.text);
  if (read.kind !== 'value') return read;
  const root = read.value;
  const isWhole = context.header === undefined || context.header === '';
  if (isWhole && root.name === 'AppHdr') return exclude('business_header_alone');
  const message = isWhole ? messageOf(root) : messageOfHeader(context.header);
  if (message.kind !== 'value') return message;
  const members = isWhole ? message.value.parts : root.value;
  if (!isMembers(members)) return reject('malformed_record', 'the record has no elements');
  const time = message.value.created?.ms ?? record.time;
  if (time === undefined) return reject('missing_field', 'GrpHdr/CreDtTm');
  return value({ message: message.value, element: isWhole ? undefined : root.name, members, ids: idsOf(members), time });
}

/** Activities of messages; any other one goes by its name. https://schema.ocsf.io/1.8.0/classes/api_activity (activity_id) */
const ACTIVITIES: ReadonlyMap<string, number> = new Map([
  ['pacs.008', 1],
  ['pacs.009', 1],
  ['pacs.002', 3],
  ['camt.053', 2],
]);
const OTHER = 99;

function map(payment: Payment, record: RawRecord, context: Context): OcsfEvent {
  const { message, members } = payment;
  const servicer = membersOf(membersOf(message.parts['Stmt'])?.['Acct'])?.['Svcr'];
  const sender = message.sender ?? agentOf(members['InstgAgt']) ?? agentOf(servicer);
  const receiver = message.receiver ?? agentOf(members['InstdAgt']);
  const unmapped = unmappedOf(payment, context);
  const common = {
    severity_id: SEVERITY.informational,
    time: payment.time,
    message: summaryOf(payment),
    ...statusOf(payment),
    metadata: metadataOf({
      uid: uidOf(payment, sender, record, context),
      product: PRODUCT,
      event_code: message.definition,
      log_version: message.version,
      correlation_uid: message.id,
      original_time: message.created?.written,
    }),
    actor: sender === undefined ? undefined : { app_uid: sender, app_name: SERVICE },
    src_endpoint: sender === undefined ? undefined : { svc_name: SERVICE, uid: sender },
  };
  return {
    ...apiActivity(common, {
      activity: ACTIVITIES.get(message.name) ?? OTHER,
      operation: message.name,
      service: SERVICE,
      version: message.version,
      resources: resourcesOf(payment),
    }),
    dst_endpoint: receiver === undefined ? undefined : { svc_name: SERVICE, uid: receiver },
    unmapped,
    observables: accountsOf(unmapped),
  };
}

function unmappedOf({ message, element, members }: Payment, context: Context): XmlMembers {
  if (element !== undefined) return { ...sharedOf(message, context), [element]: members };
  return message.business === undefined ? message.parts : { AppHdr: message.business, ...message.parts };
}

// ── What it is about ──

/** Where the ids of a payment stand, the most telling first: of a transfer, of a status, of a return. */
const PAYMENT_IDS = ['UETR', 'TxId', 'InstrId', 'EndToEndId', 'ClrSysRef'] as const;
const STATUS_IDS = ['StsId', 'OrgnlUETR', 'OrgnlTxId', 'OrgnlInstrId', 'OrgnlEndToEndId', 'RtrId'] as const;
/** Written where there is no id. */
const NO_ID: ReadonlySet<string> = new Set(['NOTPROVIDED', 'NONREF']);

function idsOf(members: XmlMembers): readonly Id[] {
  const payment = membersOf(members['PmtId']);
  const found: Id[] = [];
  for (const name of PAYMENT_IDS) push(found, name, textOf(payment?.[name]));
  for (const name of STATUS_IDS) push(found, name, textOf(members[name]));
  return found;
}

function push(found: Id[], type: string, uid: string | undefined): void {
  if (uid !== undefined && !NO_ID.has(uid)) found.push({ uid, type });
}

/**
 * By the ids that its sender gave: a message that is sent again has the same. An entry of a statement has one of its own only where there
 * is an NtryRef (entries may share the servicer's reference, and be alike in everything).
 */
function uidOf(payment: Payment, sender: string | undefined, record: RawRecord, context: Context): string {
  const { message, members, element } = payment;
  const parts = nativeIds(payment);
  if (message.id === undefined || parts === undefined) return context.uid(record.index);
  const account = membersOf(message.parts['Stmt']);
  const statement = [textOf(account?.['Id']), textOf(account?.['ElctrncSeqNb']), textOf(membersOf(account?.['StmtPgntn'])?.['PgNb'])];
  const all = [message.definition, sender, message.id, ...statement, element, textOf(members['TxSts']), ...parts];
  return digest(15, 'iso20022', JSON.stringify(all));
}

function nativeIds({ message, members, element, ids }: Payment): readonly (string | undefined)[] | undefined {
  if (element === undefined) return [textOf(message.parts['Id'])];
  if (element === 'Bal') {
    const type = membersOf(membersOf(members['Tp'])?.['CdOrPrtry']);
    const date = membersOf(members['Dt']);
    return [textOf(type?.['Cd']) ?? textOf(type?.['Prtry']), textOf(date?.['Dt']) ?? textOf(date?.['DtTm']), amountOf(members)?.join(' ')];
  }
  if (element === 'Ntry') {
    const reference = textOf(members['NtryRef']);
    return reference === undefined || NO_ID.has(reference) ? undefined : [reference, textOf(members['AcctSvcrRef'])];
  }
  return ids.length === 0 ? undefined : ids.flatMap(({ type, uid }) => [type, uid]);
}

function resourcesOf({ message, members, element, ids }: Payment): readonly Id[] {
  const status = membersOf(message.parts['OrgnlGrpInfAndSts']) ?? membersOf(members['OrgnlGrpInf']);
  const original = textOf(status?.['OrgnlMsgId']);
  const reference = element === 'Ntry' ? (textOf(members['NtryRef']) ?? textOf(members['AcctSvcrRef'])) : undefined;
  const found = [...ids];
  if (reference !== undefined && !NO_ID.has(reference)) found.push({ uid: reference, type: 'entry' });
  if (original !== undefined) found.push({ uid: original, type: 'message' });
  if (message.id !== undefined && found.length === 0) found.push({ uid: message.id, type: 'message' });
  return found;
}

/** @returns currency and amount, as written. */
function amountOf(members: XmlMembers): readonly [currency: string, amount: string] | undefined {
  for (const name of ['IntrBkSttlmAmt', 'Amt', 'RtrdIntrBkSttlmAmt', 'InstdAmt', 'OrgnlIntrBkSttlmAmt']) {
    const amount = members[name];
    const currency = isMembers(amount) ? amount['@Ccy'] : undefined;
    const text = textOf(amount);
    if (text !== undefined && typeof currency === 'string') return [currency, text];
  }
  return undefined;
}

function summaryOf({ message, members, element }: Payment): string {
  const sign = textOf(members['CdtDbtInd']);
  return [message.name, element, sign, ...(amountOf(members) ?? [])].filter((part) => part !== undefined).join(' ');
}

// ── Status ──

/** ExternalPaymentTransactionStatus1Code and the group's; others are between. */
const RESULTS: ReadonlyMap<string, number> = new Map([
  ['ACCC', STATUS.success],
  ['ACCP', STATUS.success],
  ['ACSC', STATUS.success],
  ['ACSP', STATUS.success],
  ['ACTC', STATUS.success],
  ['ACWC', STATUS.success],
  ['ACFC', STATUS.success],
  ['RJCT', STATUS.failure],
  ['CANC', STATUS.failure],
]);

interface PaymentStatus {
  readonly status_id?: number;
  readonly status?: string;
  readonly status_code?: string;
  readonly status_detail?: string | undefined;
}

function statusOf({ message, members, element }: Payment): PaymentStatus {
  const group = membersOf(message.parts['OrgnlGrpInfAndSts']);
  const entry = element === 'Ntry' ? (textOf(membersOf(members['Sts'])?.['Cd']) ?? textOf(members['Sts'])) : undefined;
  const said = textOf(members['TxSts']) ?? textOf(group?.['GrpSts']) ?? entry;
  if (said === undefined) return {};
  const reasons = listOf(members['StsRsnInf'] ?? group?.['StsRsnInf']).flatMap((reason) => {
    const code = membersOf(membersOf(reason)?.['Rsn']);
    return textOf(code?.['Cd']) ?? textOf(code?.['Prtry']) ?? [];
  });
  const detail = { status_code: said, status_detail: reasons.length === 0 ? undefined : reasons.join(', ') };
  if (entry !== undefined) return detail;
  const known = RESULTS.get(said);
  return known === undefined ? { status_id: STATUS.other, status: said, ...detail } : { status_id: known, ...detail };
}

function listOf(candidate: XmlValue | undefined): readonly XmlValue[] {
  return Array.isArray(candidate) ? candidate : candidate === undefined ? [] : [candidate];
}

// ── Accounts ──

/** Every account the record names: an IBAN anywhere, another number as the Id of an account. */
function accountsOf(unmapped: XmlMembers): ReturnType<Observables['list']> {
  const found = createObservables(ACCOUNT);
  collect(unmapped, 'unmapped', false, found);
  return found.list();
}

function collect(node: XmlValue, path: string, ofAccount: boolean, found: Observables): void {
  if (Array.isArray(node)) for (const one of node) collect(one, `${path}[]`, ofAccount, found);
  else if (isMembers(node)) {
    for (const name of Object.keys(node)) {
      const member = node[name];
      const kind = kindOf(name);
      if (member === undefined || kind === 'unclear') continue;
      if (kind === 'iban' || (kind === 'id' && ofAccount && path.endsWith('.Othr'))) found.add(`${path}.${name}`, member);
      // An account's number is in Id/Othr/Id below it; what else is below it (its owner) has numbers of its own.
      if (typeof member !== 'string')
        collect(member, `${path}.${name}`, kind === 'account' || (ofAccount && (kind === 'id' || kind === 'other')), found);
    }
  }
}

type Kind = 'iban' | 'id' | 'other' | 'account' | 'unclear' | 'none';
const kinds = new Map<string, Kind>();
const MAX_KINDS = 5000;

function kindOf(name: string): Kind {
  const known = kinds.get(name);
  if (known !== undefined) return known;
  const kind = newKind(name);
  if (kinds.size < MAX_KINDS) kinds.set(name, kind);
  return kind;
}

function newKind(name: string): Kind {
  // Of a path with other dots nobody could tell where it leads.
  if (name.includes('.')) return 'unclear';
  if (name === 'IBAN') return 'iban';
  if (name === 'Id') return 'id';
  if (name === 'Othr') return 'other';
  return name.endsWith('Acct') ? 'account' : 'none';
}
