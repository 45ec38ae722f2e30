// What the rules of the buses let through: every kind of event that some source reads, and no other.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
import type { BankConfig } from '../../shared/config.ts';
import { healthBus } from '../../shared/provider/provider.ts';
import type { EventPattern } from '../../shared/sources/api.ts';
import { sourcesOf } from '../../shared/sources/routes.ts';
import { findingsSenders } from './findings-home.ts';
import { pascalCase, type Resource, type Resources } from './resources.ts';

export interface Events {
  /** Pattern of the rule on the bank's bus. */
  readonly taken: Pattern;
  /** Pattern of the rule in each workload account. */
  readonly forwarded: Pattern;
  /** Buses of partners, each with its rule. */
  readonly partners: Resources;
  /** ARNs of rules and buses that may send to the events queue. */
  readonly senders: readonly string[];
  /** ARNs of the queues that EventBridge fills. */
  readonly queues: readonly string[];
}

interface Pattern {
  readonly account?: readonly string[];
  readonly source: readonly (string | { readonly prefix: string })[];
  readonly 'detail-type': readonly string[];
}

/** EventBridge takes no longer one, in characters. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html */
const LONGEST_PATTERN = 2048;

/** @throws Error where the bank has more accounts than a pattern can name. */
export function eventsOf(bank: BankConfig): Events {
  const { region, security_account: security, bank: name } = bank;
  const patterns = sourcesOf(bank).flatMap((source) => (isWanted(bank, source.name) ? (source.events ?? []) : []));
  const services = patterns.filter(({ source }) => source.startsWith('aws.') && !source.startsWith('aws.partner/'));
  const forwarded = patternOf(services);
  // Whoever may write to the bus, only events about the bank's accounts mean anything.
  const management = bank.organization === undefined ? [] : [bank.organization.management_account];
  const taken = { account: [...new Set([security, ...management, ...bank.accounts.map(({ id }) => id)])], ...forwarded };
  const length = JSON.stringify(taken).length;
  if (length > LONGEST_PATTERN) {
    throw new Error(
      `the rule of the bus would be ${length} characters long, EventBridge takes ${LONGEST_PATTERN}: ${bank.accounts.length} accounts are too many`,
    );
  }
  const partners = bank.partner_events ?? [];
  const here = `arn:aws:events:${region}:${security}`;
  const bus = `strongroom-${name}`;
  return {
    taken,
    forwarded,
    partners: Object.fromEntries(partners.flatMap(({ event_source: source }, at) => partnerResources(bus, source, at))),
    queues: ['events', 'events-dlq', ...(healthBus(bank) === undefined ? [] : ['provider-dlq'])].map(
      (queue) => `arn:aws:sqs:${region}:${security}:${bus}-${queue}`,
    ),
    senders: [
      `${here}:rule/${bus}/${bus}-events`,
      `${here}:event-bus/${bus}`,
      ...findingsSenders(bank),
      ...partners.map(({ event_source: source }, at) => `${here}:rule/${source}/${bus}-partner-${at + 1}`),
    ],
  };
}

/** CloudTrail's events come as files; as events of the bus they would come a second time, unless the bank wants them at once. */
function isWanted({ forward_cloudtrail_events: isForwarded = false }: BankConfig, source: string): boolean {
  return source !== 'cloudtrail' || isForwarded;
}

function patternOf(patterns: readonly EventPattern[]): Pattern {
  const sources = [...new Set(patterns.map(({ source }) => source))].sort();
  return {
    // A service's own name cannot be taken by PutEvents.
    source: sources.map((source) => (source.endsWith('*') ? { prefix: source.slice(0, -1) } : source)),
    'detail-type': [...new Set(patterns.flatMap(({ detailTypes = [] }) => detailTypes))].sort(),
  };
}

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-saas.html: a partner's bus is named as its event source, and none else writes to it. */
function partnerResources(bus: string, source: string, at: number): readonly (readonly [string, Resource])[] {
  const id = `Partner${at + 1}${pascalCase(source.split('/')[1] ?? '')}`;
  return [
    [
      `${id}Bus`,
      {
        Type: 'AWS::Events::EventBus',
        Properties: { Name: source, EventSourceName: source, KmsKeyIdentifier: { 'Fn::GetAtt': ['StreamsKey', 'Arn'] } },
      },
    ],
    [
      `${id}Rule`,
      {
        Type: 'AWS::Events::Rule',
        DependsOn: `${id}Bus`,
        Properties: {
          Name: `${bus}-partner-${at + 1}`,
          Description: `Everything of ${source} to ingest-events`,
          EventBusName: source,
          EventPattern: { source: [source] },
          Targets: [
            {
              Id: 'events-queue',
              Arn: { 'Fn::GetAtt': ['EventsQueue', 'Arn'] },
              DeadLetterConfig: { Arn: { 'Fn::GetAtt': ['EventsDeadLetters', 'Arn'] } },
            },
          ],
        },
      },
    ],
  ];
}
