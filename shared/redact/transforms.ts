// What happens to a mapped event before it leaves ingest, in this order: exclusion, enrichment, redaction.
import type { BankConfig } from '../config.ts';
import type { Transform } from '../normalise.ts';
import { excluder } from './exclude.ts';
import { withoutCredentials } from './headers.ts';
import { ownWork } from './own.ts';
import { redactor } from './redact.ts';

/** Sources that repeat a request's headers or cookies, and those of what applications write. */
const HEADERS: ReadonlySet<string> = new Set([
  'waf',
  'cloudfront',
  'cloudfront-realtime',
  'cloudflare-http',
  'haproxy',
  'api-gateway',
  'network-firewall',
  'ocsf',
  'application-json',
  'lambda',
]);

export type Rules = Pick<BankConfig, 'bank' | 'security_account' | 'exclusions' | 'redaction'>;

/**
 * @param enrich see shared/enrich/enrich.ts. @param onDryRun told the name of an exclusion that is only being tried, for each event that it would leave out.
 * @returns the transforms that the bank's file asks for on events of this source.
 */
export function transformsFor(bank: Rules, source: string, onDryRun?: (rule: string) => void, enrich?: Transform): readonly Transform[] {
  const transforms = [
    ownWork(bank, source),
    excluder(bank.exclusions, source, onDryRun),
    enrich,
    HEADERS.has(source) ? withoutCredentials : undefined,
    redactor(bank.redaction),
  ];
  return transforms.filter((transform) => transform !== undefined);
}
