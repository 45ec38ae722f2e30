// A finding as an SNS message. https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
// One text for every protocol: what people need first, the finding as JSON on the last line. SNS can take a text per protocol (message
// structure json), but sends no attributes then, and without attributes nobody can filter:
// https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html
import type { MessageAttributeValue } from '@aws-sdk/client-sns';
import type { BankConfig } from '../config.ts';
import { isOwn } from '../detect/log-sources.ts';
import { digest } from '../ids.ts';
import type { OcsfEvent } from '../model.ts';
import { isArray, isObject, object, text } from '../outcome.ts';
import { describe, type Description } from './description.ts';

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
}

/** 256 KiB with the attributes, less room for those. A longer message is refused. */
const MAX_BODY_BYTES = 250_000;
const MAX_SUBJECT = 100;

export function messageOf(finding: OcsfEvent, context: AlertContext): AlertMessage {
  const description = describe(finding);
  const { bank } = context.bank;
  const id = digest(16, 'alert', findingKey(finding, bank, context.way), String(finding.severity_id));
  const words = `${textOf(description, context)}\n\n`;
  return {
    id,
    subject: subjectOf(description, context.bank),
    body: words + jsonOf(finding, { alert: id, bank, evidence: context.evidence }, MAX_BODY_BYTES - Buffer.byteLength(words)),
    attributes: attributesOf(description, bank),
  };
}

/**
 * @param way by which the finding came, where no service wrote it: it must not take another's alert away.
 * @returns the id under which a finding is alerted once. Product and id may hold anything; as JSON they hold no line feed.
 */
export function findingKey(finding: OcsfEvent, bank: string, way?: string): string {
  const uid = text(object(finding['finding_info'])?.['uid']) ?? finding.metadata.uid;
  const { vendor_name: vendor, name } = finding.metadata.product;
  return digest(16, 'finding', bank, JSON.stringify([vendor, name, uid, isOwn(finding) ? '' : (way ?? '')]));
}

/** Printable ASCII, as SNS wants it. */
function subjectOf({ severity, title, account }: Description, bank: BankConfig): string {
  const head = `[${severity.toUpperCase()}] `;
  const tail = account === undefined ? '' : ` - ${accountName(account, bank)}`;
  const room = MAX_SUBJECT - head.length;
  const about = ascii(title + tail).length <= room ? ascii(title + tail) : ascii(title);
  return head + (about.length <= room ? about : `${about.slice(0, room - 3)}...`);
}

function ascii(words: string): string {
  return words
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[^\x21-\x7e]+/g, ' ')
    .trim();
}

function accountName(account: string, bank: BankConfig): string {
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

function textOf(description: Description, { bank, vaultBucket, evidence }: AlertContext): string {
  const { account, region } = description;
  const place = [account === undefined ? undefined : accountName(account, bank), region].filter((part) => part !== undefined).join(', ');
  const lines: readonly (readonly [string, string | undefined])[] = [
    ['What', description.what],
    ['Who', description.who],
    ['From', description.from],
    ['To', description.to],
    ['Where', place === '' ? undefined : place],
    ['On', description.resources],
    ['When', description.when],
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
    'The finding as JSON (OCSF) is the last line.',
  ].join('\n');
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

/** Ten at most, or SQS subscriptions with raw delivery get nothing. */
function attributesOf(description: Description, bank: string): Readonly<Record<string, MessageAttributeValue>> {
  const { severity, severityId, account, region, rule, ruleId, product } = description;
  return {
    bank: named(bank),
    severity: named(severity),
    severity_id: { DataType: 'Number', StringValue: String(severityId) },
    account: named(account ?? 'unknown'),
    region: named(region ?? 'unknown'),
    product: named(product),
    rule: named(rule),
    rule_id: named(ruleId ?? rule),
    class: named('detection_finding'),
  };
}

const MAX_ATTRIBUTE = 256;

function named(value: string): MessageAttributeValue {
  return { DataType: 'String', StringValue: value.slice(0, MAX_ATTRIBUTE).replaceAll(/\p{Cs}/gu, ' ') };
}
