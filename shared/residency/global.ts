// Services without a region. AWS records what is done with them in one region for the whole world, mostly us-east-1, wherever it was done from.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-concepts.html#cloudtrail-concepts-global-service-events
import { object } from '../outcome.ts';
import type { OcsfEvent } from '../model.ts';

/** Where AWS records them. */
export const GLOBAL_REGIONS: ReadonlySet<string> = new Set(['us-east-1', 'us-west-2']);

/** What Config and Health write where a region would stand. */
export const NO_REGION: ReadonlySet<string> = new Set(['global', 'aws-global']);

const SERVICES: ReadonlySet<unknown> = new Set(
  [
    ...['account', 'budgets', 'ce', 'cloudfront', 'globalaccelerator', 'health', 'iam', 'networkmanager', 'organizations', 'route53'],
    ...['route53domains', 'shield', 'signin', 'sts', 'support', 'trustedadvisor', 'waf'],
  ].map((name) => `${name}.amazonaws.com`),
);

/** Sources that are of such a service as a whole. */
const SOURCES: ReadonlySet<string> = new Set(['cloudfront', 'cloudfront-realtime', 'route53-public']);

/** @param source that the event came from. @returns whether the event is of a service without a region. */
export function isOfGlobalService(event: OcsfEvent, source: string): boolean {
  return SOURCES.has(source) || SERVICES.has(object(object(event['api'])?.['service'])?.['name']);
}
