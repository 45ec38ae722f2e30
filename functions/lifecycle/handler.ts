// EventBridge schedule → here → OpenSearch: the indices of events are made, closed, merged, copied and deleted.
// `{"dryRun":true}` answers what would be done. https://docs.aws.amazon.com/lambda/latest/dg/with-eventbridge-scheduler.html
import { loadPackagedBank, readEnvironment, required } from '../../shared/config.ts';
import { s3Client } from '../../shared/deps.ts';
import { runLifecycle, type LifecycleDeps, type LifecycleRun } from '../../shared/lifecycle/run.ts';
import { settingsOf } from '../../shared/lifecycle/settings.ts';
import { observed } from '../../shared/middleware.ts';
import { createLog } from '../../shared/observe/log.ts';
import { openSearchClient } from '../../shared/opensearch/client.ts';
import { isObject } from '../../shared/outcome.ts';
import { openOnes, readHolds } from '../../shared/retention/holds.ts';
import type { Statement } from '../../shared/seal/statements.ts';
import { sourcesOf } from '../../shared/sources/routes.ts';

const environment = readEnvironment();
const bank = loadPackagedBank();
const log = createLog();
const vault = { s3: s3Client(environment), bucket: required('vaultBucket', environment) };
/** Statements never change: each is read once. */
const statements = new Map<string, Statement>();
const deps: LifecycleDeps = {
  client: openSearchClient(required('opensearchUrl', environment), environment.region),
  settings: settingsOf(bank, sourcesOf(bank)),
  holds: async () => openOnes(await readHolds(vault, statements)),
  log,
  now: Date.now,
  // The function has 14 minutes; requests under way have half a minute.
  budgetMs: 12 * 60_000,
};

export const handler = observed<unknown, LifecycleRun>(log, async (event) => {
  const dryRun = isObject(event) && event['dryRun'] === true;
  const run = await runLifecycle(deps, { dryRun });
  log.info('life cycle', { dryRun, planned: run.planned.length, done: run.done.length, left: run.left.length, faults: run.faults });
  // When all else is done: the alarm rings, and the next run tries again.
  if (!dryRun && run.faults.length > 0) throw new Error(`life cycle: ${run.faults.join('; ')}`);
  return run;
});
