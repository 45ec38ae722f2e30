// Invoked by serverless deploy after the stack is up: brings the domain's index templates and access to this version.
import { readEnvironment, required } from '../../shared/config.ts';
import { observed } from '../../shared/middleware.ts';
import { createLog } from '../../shared/observe/log.ts';
import { openSearchClient } from '../../shared/opensearch/client.ts';
import { provision, type Provisioned } from '../../shared/opensearch/provision.ts';

const log = createLog();

export const handler = observed<unknown, Provisioned>(log, async () => {
  const environment = readEnvironment();
  const client = openSearchClient(required('opensearchUrl', environment), environment.region);
  const result = await provision(client, environment.indexRoleArn);
  log.info('OpenSearch provisioned', { applied: result.applied.length, unchanged: result.unchanged.length, mapped: result.mapped });
  return result;
});
