// Invoked by serverless deploy after the stack is up: brings the domain's index templates and access to this version.
import { provisionDetectors } from '../../shared/anomalies/detectors.ts';
import { anomalySettings } from '../../shared/anomalies/settings.ts';
import { loadPackagedBank, readEnvironment, required, type Environment } from '../../shared/config.ts';
import { observed } from '../../shared/middleware.ts';
import { createLog } from '../../shared/observe/log.ts';
import { openSearchClient } from '../../shared/opensearch/client.ts';
import { provision, type Provisioned } from '../../shared/opensearch/provision.ts';
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
  log.info('OpenSearch provisioned', { applied: applied.length, unchanged: unchanged.length, access, detectors });
  return result;
});

/** @returns undefined where others give access: the template names the functions' roles only where it is ours to give. */
function roles({ indexRoleArn: index, lifecycleRoleArn: lifecycle, ...others }: Environment): readonly Role[] | undefined {
  if (index === undefined) return undefined;
  const { anomaliesRoleArn: anomalies, correlateRoleArn: correlate, digestRoleArn: digest, intelHuntRoleArn: intelHunt } = others;
  return [...rolesOfFunctions({ index, lifecycle, anomalies, correlate, digest, intelHunt }), ...rolesOfPeople(loadPackagedBank())];
}
