// One run of the life cycle: look, decide, do. Whatever fails is told at the end and keeps nothing else from being done.
// https://docs.aws.amazon.com/opensearch-service/latest/developerguide/bp.html
import type { Log } from '../observe/log.ts';
import type { OpenSearch } from '../opensearch/client.ts';
import type { Hold } from '../retention/holds.ts';
import { describe } from './actions.ts';
import { apply } from './apply.ts';
import { messageOf } from '../opensearch/ask.ts';
import { holdOn } from './keep.ts';
import { plan } from './plan.ts';
import { readState } from './read.ts';
import type { LifecycleSettings } from './settings.ts';
import type { ClusterState } from './state.ts';

export interface LifecycleDeps {
  readonly client: OpenSearch;
  readonly settings: LifecycleSettings;
  /** Legal holds that are open. @throws S3 errors as they come. */
  readonly holds: () => Promise<readonly Hold[]>;
  readonly log: Pick<Log, 'info' | 'warn' | 'error'>;
  readonly now: () => number;
  /** ms for all that takes time. */
  readonly budgetMs: number;
}

export interface LifecycleRun {
  /** What the plan was, in words; with dryRun nothing of it was done. */
  readonly planned: readonly string[];
  readonly done: readonly string[];
  /** For the next run. */
  readonly left: readonly string[];
  /** What went wrong, and what to do about it. */
  readonly faults: readonly string[];
  readonly notes: readonly string[];
}

/** @throws errors of OpenSearch where its state cannot be read; nothing was done then. */
export async function runLifecycle(deps: LifecycleDeps, { dryRun }: { readonly dryRun: boolean }): Promise<LifecycleRun> {
  const { client, settings, holds, now } = deps;
  const deadline = now() + deps.budgetMs;
  const state = await readState({ client, settings, holds, now: now() });
  const { actions, faults: known, notes } = plan(state, settings, now());
  const planned = actions.map(describe);
  const [done, left, faults]: [string[], string[], string[]] = [[], [], [...known]];
  for (const note of notes) deps.log.warn('life cycle', { note });
  if (dryRun) return { planned, done, left, faults, notes };
  for (const action of actions) {
    const what = describe(action);
    try {
      const outcome = await apply(action, { client, now, deadline, isHeld: (index) => isHeld(index, state, deps) });
      (outcome === 'done' ? done : left).push(what);
      deps.log.info('life cycle', { action: what, outcome });
    } catch (error) {
      const why = messageOf(error);
      faults.push(`${what}: ${why}`);
      deps.log.error('life cycle', { action: what, why });
    }
  }
  return { planned, done, left, faults, notes };
}

/** Asked again, as late as possible: a hold may have been set since. */
async function isHeld(index: string, { stores }: ClusterState, { holds, settings }: LifecycleDeps): Promise<boolean> {
  const store = stores.find(({ name }) => name === index);
  return store === undefined || holdOn(store, await holds(), settings) !== undefined;
}
