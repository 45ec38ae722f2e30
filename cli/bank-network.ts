// What contradicts itself in how a bank's OpenSearch is reached: private endpoints, zones, who logs in to Dashboards; called by bank.ts.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BankConfig } from '../shared/config.ts';
import type { OpenSearchDomain } from '../shared/opensearch/config.ts';
import type { Problem } from './yaml-file.ts';

/** @param folder of the banks' files. @returns where the identity provider's metadata lies. */
export function samlFile(folder: string, bank: string): string {
  return join(folder, bank, 'saml.xml');
}

/** @param folder of the banks' files. */
export function* network({ bank, opensearch, regions = [] }: BankConfig, folder: string): Generator<Problem> {
  const all = [
    { path: ['opensearch'], opensearch },
    ...regions.map((one, at) => ({ path: ['regions', String(at), 'opensearch'], opensearch: one.opensearch })),
  ];
  for (const { path, opensearch: one } of all) {
    const { domain } = one;
    if (domain === undefined && one.vpc_endpoints !== undefined && one.subnet_ids === undefined)
      yield { path: [...path, 'vpc_endpoints'], message: 'is for functions in a VPC: OpenSearch is reached without one' };
    if (domain === undefined) continue;
    for (const { path: inner, message } of [...standby(domain, one.lifecycle?.replicas), ...login(domain, samlFile(folder, bank))])
      yield { path: [...path, 'domain', ...inner], message };
  }
}

/** https://docs.aws.amazon.com/opensearch-service/latest/developerguide/managedomains-multiaz.html#managedomains-za-standby */
function* standby(domain: OpenSearchDomain, replicas: number | undefined): Generator<Problem> {
  if (domain.multi_az_with_standby !== true) return;
  const path = ['multi_az_with_standby'];
  if (domain.subnet_ids.length !== 3) yield { path, message: `needs three subnets, one of each zone (found ${domain.subnet_ids.length})` };
  if (replicas !== 2) yield { path, message: 'needs a copy in each zone: set opensearch.lifecycle.replicas to 2' };
}

function* login({ saml, identity_center: center }: OpenSearchDomain, file: string): Generator<Problem> {
  if (saml === undefined) return;
  if (center !== undefined) yield { path: ['saml'], message: 'cannot be used beside identity_center: Dashboards knows one way to log in' };
  const path = ['saml', 'entity_id'];
  if (!existsSync(file)) {
    yield { path: ['saml'], message: `needs the identity provider's metadata: save it as ${file}` };
    return;
  }
  const found = /<(?:[\w-]+:)?EntityDescriptor\b[^>]*\bentityID\s*=\s*(?:"([^"]*)"|'([^']*)')/.exec(readFileSync(file, 'utf8'));
  const entity = found?.[1] ?? found?.[2];
  if (entity === undefined) yield { path, message: `${file} is no metadata of SAML 2.0: it has no EntityDescriptor with an entityID` };
  else if (entity !== saml.entity_id) yield { path, message: `must be the entityID of ${file}, ${entity} (found "${saml.entity_id}")` };
}
