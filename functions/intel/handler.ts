// EventBridge schedule → here: feeds over HTTPS → the index of indicators in the reference bucket. `{"feeds":["name"]}` reads these, due or not.
// https://docs.aws.amazon.com/lambda/latest/dg/with-eventbridge-scheduler.html
import { loadPackagedBank, readEnvironment, required } from '../../shared/config.ts';
import { s3Client, secretsManagerClient } from '../../shared/deps.ts';
import { createFetch } from '../../shared/intel/fetch.ts';
import { secretsOf } from '../../shared/intel/secrets.ts';
import { updateIntel, type UpdateDeps, type Updated } from '../../shared/intel/update.ts';
import { observed } from '../../shared/middleware.ts';
import { createLog } from '../../shared/observe/log.ts';
import { createMetrics } from '../../shared/observe/metrics.ts';
import { isArray, isObject } from '../../shared/outcome.ts';

const environment = readEnvironment();
const log = createLog();
const deps: UpdateDeps = {
  bank: loadPackagedBank(),
  store: { s3: s3Client(environment), bucket: required('referenceBucket', environment) },
  fetch: createFetch(),
  secret: secretsOf(secretsManagerClient(environment)),
  log,
  metrics: createMetrics(),
  now: Date.now,
};

export const handler = observed<unknown, Updated>(log, async (event) => {
  const updated = await updateIntel(deps, wanted(event));
  log.info('threat intelligence', { ...updated });
  return updated;
});

/** @returns undefined where the schedule asks. */
function wanted(event: unknown): readonly string[] | undefined {
  const feeds = isObject(event) ? event['feeds'] : undefined;
  return isArray(feeds) ? feeds.filter((name) => typeof name === 'string') : undefined;
}
