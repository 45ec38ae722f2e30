// A finding as an SNS message. https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
// One text for every protocol: what people need first, the finding as JSON on the last line. SNS can take a text per protocol (message
// structure json), but sends no attributes then, and without attributes nobody can filter:
// https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html
import type { MessageAttributeValue } from '@aws-sdk/client-sns';
import type { AlertAction } from './config.ts';
import type { BankConfig } from '../config.ts';
import { isOwn } from '../detect/log-sources.ts';
import { OWN_PRODUCT } from '../ocsf/classes.ts';
import { digest } from '../ids.ts';
import type { OcsfEvent } from '../model.ts';
import { isArray, isObject, object, text } from '../outcome.ts';
import { clock, describe, tagsOf, type Description } from './description.ts';
import type { Episode } from './episode.ts';
import { withoutSecrets } from './tlp.ts';

export interface AlertMessage {
  /** The same for the same finding and severity: receivers may drop what they have. */
  readonly id: string;
  readonly subject: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, MessageAttributeValue>>;
}

export interface AlertContext {
  readonly bank: BankConfig;
  readonly vaultBucket: string;
  /** Vault key of the sealed bytes that the finding comes from. */
  readonly evidence: string;
  /** See Route.way in shared/sources/routes.ts. */
  readonly way?: string | undefined;
  /** Source of the events that it is about. */
  readonly source?: string | undefined;
  /** What is told of it, and the id of the item that says so; left out: that it is new. */
  readonly told?: { readonly id: string; readonly episode: Episode } | undefined;
}

/** 256 KiB with the attributes, their names and types. A longer message is refused. */
const MAX_BYTES = 256 * 1024;
/** With what SNS may count beyond them. */
const SPARE_BYTES = 4096;
const MAX_BODY_BYTES = 230_000;
const MAX_SUBJECT = 100;

/** @param given with secrets of feeds, which stay out of the message. */
export function messageOf(given: OcsfEvent, context: AlertContext): AlertMessage {
  const finding = withoutSecrets(given);
  const description = describe(finding);
  const { bank } = context.bank;
  const { action = 'create', revision = 0 } = { action: context.told?.episode.pending?.action, revision: context.told?.episode.revision };
  const id = alertId(findingKey(given, bank, context.way), given.severity_id, revision);
  const words = `${textOf(description, context)}\n\n`;
  const attributes = attributesOf(description, { action, source: context.source ?? 'unknown', tags: tagsOf(finding) });
  const room = Math.min(MAX_BODY_BYTES, MAX_BYTES - SPARE_BYTES - bytesOf(attributes));
  return {
    id,
    subject: subjectOf(description, context),
    body: words + jsonOf(finding, { alert: id, action, bank, evidence: context.evidence }, room - Buffer.byteLength(words)),
    attributes,
  };
}

function bytesOf(attributes: AlertMessage['attributes']): number {
  return Object.entries(attributes).reduce(
    (sum, [name, { DataType = '', StringValue = '' }]) => sum + name.length + DataType.length + Buffer.byteLength(StringValue),
    0,
  );
}

/** Each message about a finding has its own, the same however often it is sent. */
export function alertId(key: string, severity: number, revision: number): string {
  return digest(16, 'alert', key, String(severity), ...(revision === 0 ? [] : [String(revision)]));
}

/**
 * @param way by which the finding came, where no service wrote it: it must not take another's alert away.
 * @returns the id under which a finding is alerted once. Product and id may hold anything; as JSON they hold no line feed.
 */
export function findingKey(finding: OcsfEvent, bank: string, way?: string): string {
  const uid = text(object(finding['finding_info'])?.['uid']) ?? finding.metadata.uid;
  const { vendor_name: vendor, name } = finding.metadata.product;
  return keyOf(bank, [vendor, name, uid, isOwn(finding) ? '' : (way ?? '')]);
}

/** As findingKey(), of a finding of ours. */
export function ownFindingKey(uid: string, bank: string): string {
  return keyOf(bank, [OWN_PRODUCT, OWN_PRODUCT, uid, '']);
}

function keyOf(bank: string, parts: readonly string[]): string {
  return digest(16, 'finding', bank, JSON.stringify(parts));
}

/** Printable ASCII, as SNS wants it. */
function subjectOf({ severity, title, account }: Description, { bank, told }: AlertContext): string {
  return subjectLine(
    `[${severity.toUpperCase()}] ${leadOf(told?.episode)}`,
    title,
    account === undefined ? '' : ` - ${accountName(account, bank)}`,
  );
}

/** @param tail is left out where there is no room for it. */
export function subjectLine(head: string, title: string, tail = ''): string {
  const room = MAX_SUBJECT - head.length;
  const about = ascii(title + tail).length <= room ? ascii(title + tail) : ascii(title);
  return head + (about.length <= room ? about : `${about.slice(0, room - 3)}...`);
}

/** What a mail program shows first. */
function leadOf(episode: Episode | undefined): string {
  const pending = episode?.pending;
  if (pending?.action === 'close') return 'Closed: ';
  if (pending?.action !== 'update') return '';
  return pending.more > 0 ? `${pending.more} more: ` : 'Update: ';
}

/** @returns the message in characters that nothing on the way refuses, short, and without what it is filtered by beyond that. */
export function plainMessage({ id, subject, body, attributes }: AlertMessage): AlertMessage {
  const [words = ''] = body.split(/\n(?=\{[^\n]*$)/);
  const lines = words.slice(0, MAX_PLAIN).split('\n').map(ascii).join('\n');
  const plain = Object.entries(attributes).flatMap(([name, { DataType, StringValue = '' }]) => {
    const value = ascii(StringValue);
    return value === '' || value.length > MAX_PLAIN_ATTRIBUTE ? [] : [[name, { DataType, StringValue: value }] as const];
  });
  return {
    ...{ id, subject: ascii(subject) || 'Alert' },
    body: `${lines}\n\nSNS did not take the message as it was: the finding is in the index.\n\n${JSON.stringify({ alert: id, truncated: true })}`,
    attributes: Object.fromEntries(plain),
  };
}

const MAX_PLAIN = 20_000;
const MAX_PLAIN_ATTRIBUTE = 10_000;

function ascii(words: string): string {
  return words
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[^\x21-\x7e]+/g, ' ')
    .trim();
}

export function accountName(account: string, bank: BankConfig): string {
  const known = bank.accounts.find(({ id }) => id === account);
  return known === undefined ? `account ${account}` : `account ${account} (${known.name})`;
}

/** Opens the sealed object in the S3 console, for those who may. */
function consoleLink(region: string, bucket: string, key: string): string {
  return `https://${region}.console.aws.amazon.com/s3/object/${bucket}?region=${region}&prefix=${encodeURIComponent(key)}`;
}

/** Goes into a command that somebody pastes: products choose their own ids. */
function reasonOf({ uid }: Description): string {
  return /^[\w.:/-]{1,128}$/.test(uid) ? `finding ${uid}` : 'a finding';
}

function textOf(description: Description, { bank, vaultBucket, evidence, told }: AlertContext): string {
  const { account, region } = description;
  const place = [account === undefined ? undefined : accountName(account, bank), region].filter((part) => part !== undefined).join(', ');
  const lines: readonly (readonly [string, string | undefined])[] = [
    ['What', description.what],
    ['Who', description.who],
    ['Who else', description.others],
    ['From', description.from],
    ['To', description.to],
    ['Where', place === '' ? undefined : place],
    ['On', description.resources],
    ['When', description.when],
    ['More', moreOf(told?.episode)],
    ['Status', statusOf(told?.episode)],
    ['Details', description.details],
    ['Severity', description.severity],
    ['Source', `${description.product}, ${description.rule}`],
    ['Bank', bank.bank],
    ['Finding', `${description.uid} in ocsf-detection_finding-*`],
    ['Evidence', evidence === '' ? undefined : `s3://${vaultBucket}/${evidence}`],
    ['', evidence === '' ? undefined : consoleLink(bank.region, vaultBucket, evidence)],
    ['', evidence === '' ? undefined : `npx strongroom evidence show ${evidence} --reason "${reasonOf(description)}"`],
  ];
  return [
    description.title,
    ...(description.desc === undefined ? [] : ['', description.desc]),
    '',
    ...lines.flatMap(([name, said]) => (said === undefined ? [] : [(name === '' ? '' : `${name}:`).padEnd(11) + said])),
    '',
    'What to do',
    description.response,
    '',
    ...acknowledgeLines(description, bank.bank, told?.id),
    ...heldBackLines(told?.episode),
    'The finding as JSON (OCSF) is the last line.',
  ].join('\n');
}

function moreOf(episode: Episode | undefined): string | undefined {
  const pending = episode?.pending;
  if (pending?.action !== 'update' || pending.more === 0) return undefined;
  return `${pending.more} more since ${clock(pending.since)}, ${pending.count} in all`;
}

function statusOf(episode: Episode | undefined): string | undefined {
  const { status, changed } = episode ?? {};
  return changed === undefined
    ? undefined
    : `${status ?? ''} by ${oneLineOf(changed.by)} at ${clock(changed.at)}: ${oneLineOf(changed.reason)}`;
}

function oneLineOf(words: string): string {
  return words.slice(0, 500).replaceAll(/[\s\p{C}]+/gu, ' ');
}

/** @param item id of the item of the table: the one name that no other finding has. */
function acknowledgeLines({ uid, product }: Description, bank: string, item: string | undefined): readonly string[] {
  const key = item?.slice(item.indexOf('/') + 1);
  // Other products choose their ids.
  const id = product === OWN_PRODUCT && ID.test(uid) ? uid : key;
  if (id === undefined) return [];
  const argument = id.startsWith('-') ? `-- ${id}` : id;
  return [
    'Acknowledge it, or close it when it is dealt with',
    `npx strongroom finding ack --bank ${bank} --reason "<why>" ${argument}`,
    '',
  ];
}

const ID = /^[\w-]{16,64}$/;

function heldBackLines(episode: Episode | undefined): readonly string[] {
  if (episode?.pending?.last !== true) return [];
  return [
    'So many alerts came in this hour that further ones of this rule or bank are held back until the next: they are indexed, and summed up then.',
    '',
  ];
}

/** @param room in bytes. */
function jsonOf(finding: OcsfEvent, about: object, room: number): string {
  const whole = oneLine({ ...about, finding });
  if (Buffer.byteLength(whole) <= room) return whole;
  const short = oneLine({ ...about, truncated: true, finding: shortened(finding) });
  return Buffer.byteLength(short) <= room ? short : oneLine({ ...about, truncated: true });
}

/** Two characters that JSON may hold and SQS refuses. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html */
function oneLine(content: object): string {
  return JSON.stringify(content).replaceAll('\ufffe', '\\ufffe').replaceAll('\uffff', '\\uffff');
}

const MAX_LISTED = 5;

/** Without what only machines read and everything that is in the index under the finding's id. */
function shortened(finding: OcsfEvent): object {
  const info = object(finding['finding_info']);
  return {
    ...finding,
    unmapped: undefined,
    evidences: head(finding['evidences']),
    resources: head(finding['resources']),
    finding_info: info === undefined ? undefined : { ...info, related_events: head(info['related_events']) },
  };
}

function head(list: unknown): unknown {
  return isArray(list) ? list.filter(isObject).slice(0, MAX_LISTED) : undefined;
}

export interface Routing {
  readonly action: AlertAction;
  readonly source: string;
  readonly tags: readonly string[];
}

/** Ten at most, or SQS subscriptions with raw delivery get nothing. The topic is of one bank. */
function attributesOf(description: Description, { action, source, tags }: Routing): AlertMessage['attributes'] {
  const { severity, severityId, account, region, rule, ruleId, product } = description;
  return {
    action: named(action),
    severity: named(severity),
    severity_id: { DataType: 'Number', StringValue: String(severityId) },
    account: named(account ?? 'unknown'),
    region: named(region ?? 'unknown'),
    product: named(product),
    source: named(source),
    rule: named(rule),
    rule_id: named(ruleId ?? rule),
    ...(tags.length === 0 ? {} : { tags: listed(tags) }),
  };
}

const MAX_ATTRIBUTE = 256;
const MAX_VALUES = 100;

export function named(value: string): MessageAttributeValue {
  return { DataType: 'String', StringValue: shortOf(value) };
}

/** A filter is met where any of them is. */
export function listed(values: readonly string[]): MessageAttributeValue {
  return { DataType: 'String.Array', StringValue: JSON.stringify(values.slice(0, MAX_VALUES).map(shortOf)) };
}

function shortOf(value: string): string {
  return value.slice(0, MAX_ATTRIBUTE).replaceAll(/\p{C}/gu, ' ');
}
