// Invoked by alerts: counts findings of a week in OpenSearch. It sends nothing, so that it needs no way out of a VPC.
// https://docs.opensearch.org/latest/api-reference/search-apis/search/
import { digestNumbers, type DigestNumbers, type DigestRange } from '../../shared/alert/digest-numbers.ts';
import { readEnvironment, required } from '../../shared/config.ts';
import { observed } from '../../shared/middleware.ts';
import { createLog } from '../../shared/observe/log.ts';
import { openSearchClient } from '../../shared/opensearch/client.ts';

const environment = readEnvironment();
const log = createLog();
const client = openSearchClient(required('opensearchUrl', environment), environment.region);

export const handler = observed<DigestRange, DigestNumbers>(log, async (range) => {
  const numbers = await digestNumbers(client, range);
  log.info('numbers of the digest', { from: range.from, to: range.to, findings: numbers.findings });
  return numbers;
});
