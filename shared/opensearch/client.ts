// https://docs.opensearch.org/latest/clients/javascript/ with SigV4 for a managed domain
// https://docs.aws.amazon.com/opensearch-service/latest/developerguide/request-signing.html
import { Client } from '@opensearch-project/opensearch';
import { AwsSigv4Signer } from '@opensearch-project/opensearch/aws';
import { defaultProvider } from '@aws-sdk/credential-provider-node';

export type OpenSearch = Client;

/** @param url of the domain: over https requests are signed with the function's role, whatever name the domain goes by; a local node is spoken to over http. */
export function openSearchClient(url: string, region: string): OpenSearch {
  const common = {
    node: url,
    maxRetries: 0,
    requestTimeout: 30_000,
    compression: 'gzip',
    // A record may call a field `__proto__`, and its event has to be found like any other: answers are read by own members only.
    disablePrototypePoisoningProtection: true,
  } as const;
  if (new URL(url).protocol !== 'https:') return new Client(common);
  const provider = defaultProvider();
  return new Client({ ...common, ...AwsSigv4Signer({ region, service: 'es', getCredentials: () => provider() }) });
}
