// Invoked by serverless deploy after the stack is up: brings the domain's index templates and access to this version.
import { provisionDetectors } from '../../shared/anomalies/detectors.ts';
import { anomalySettings } from '../../shared/anomalies/settings.ts';
import { loadPackagedBank, readEnvironment, required, type Environment } from '../../shared/config.ts';
import { observed } from '../../shared/middleware.ts';
import { createLog } from '../../shared/observe/log.ts';
import { openSearchClient, type OpenSearch } from '../../shared/opensearch/client.ts';
import { provision, type Provisioned } from '../../shared/opensearch/provision.ts';
import { registerRepository } from '../../shared/opensearch/repository.ts';
import { rolesOfFunctions } from '../../shared/opensearch/roles-functions.ts';
import { rolesOfPeople, type Role } from '../../shared/opensearch/roles.ts';

const log = createLog();

export const handler = observed<unknown, Provisioned>(log, async () => {
  const environment = readEnvironment();
  const client = openSearchClient(required('opensearchUrl', environment), environment.region);
  const result = await provision(client, roles(environment));
  const { applied, unchanged, access } = result;
  const wanted = anomalySettings(loadPackagedBank()).enabled;
  const detectors = wanted ? await provisionDetectors(client) : undefined;
  const repository = await snapshots(client, environment);
  log.info('OpenSearch provisioned', { applied: applied.length, unchanged: unchanged.length, access, detectors, repository });
  return result;
});

/** @returns undefined where others give access: the template names the functions' roles only where it is ours to give. */
function roles({ indexRoleArn: index, lifecycleRoleArn: lifecycle, ...others }: Environment): readonly Role[] | undefined {
  if (index === undefined) return undefined;
  const { anomaliesRoleArn: anomalies, correlateRoleArn: correlate, digestRoleArn: digest, intelHuntRoleArn: intelHunt } = others;
  return [...rolesOfFunctions({ index, lifecycle, anomalies, correlate, digest, intelHunt }), ...rolesOfPeople(loadPackagedBank())];
}

/** @returns undefined where the stack has no place for snapshots: the bank's file asks for none, or its domain is another's. */
async function snapshots(
  client: OpenSearch,
  { snapshotBucket: bucket, snapshotRoleArn: role, region }: Environment,
): Promise<string | undefined> {
  const { snapshots: wanted } = loadPackagedBank().opensearch;
  if (bucket === undefined || role === undefined || wanted === undefined) return undefined;
  return registerRepository(client, { repository: wanted.repository, bucket, region, role });
}
