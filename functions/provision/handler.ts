// Invoked by serverless deploy after the stack is up: brings the domain's index templates to this version.
import { readEnvironment, required } from '../../shared/config.ts';
import { observed } from '../../shared/middleware.ts';
import { createLog } from '../../shared/observe/log.ts';
import { openSearchClient } from '../../shared/opensearch/client.ts';
import { provision } from '../../shared/opensearch/provision.ts';

const log = createLog();

export const handler = observed<unknown, Awaited<ReturnType<typeof provision>>>(log, async () => {
  const environment = readEnvironment();
  const result = await provision(openSearchClient(required('opensearchUrl', environment), environment.region));
  log.info('index templates provisioned', { applied: result.applied.length, unchanged: result.unchanged.length });
  return result;
});
