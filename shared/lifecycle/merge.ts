// Merging takes minutes to hours and most of a node's disk bandwidth: one index after the other, and no longer than the function lives.
// What was begun goes on without us. https://docs.opensearch.org/latest/api-reference/index-apis/force-merge/
import { setTimeout as sleep } from 'node:timers/promises';
import type { OpenSearch } from '../opensearch/client.ts';
import { object, text } from '../outcome.ts';
import { ask, ifThere } from '../opensearch/ask.ts';
import type { Outcome } from './apply.ts';

export interface Waiting {
  readonly client: OpenSearch;
  readonly now: () => number;
  /** ms since the epoch: no waiting after it. */
  readonly deadline: number;
}

/** @returns `left` where it is not over in time, or was not begun. @throws Error with what OpenSearch says where it fails. */
export async function mergeIndex(index: string, waiting: Waiting): Promise<Outcome> {
  const { client, now, deadline } = waiting;
  if (now() >= deadline) return 'left';
  const body = await ask(client, `/${index}/_forcemerge`, {
    method: 'POST',
    query: { max_num_segments: '1', wait_for_completion: 'false' },
  });
  const task = text(object(body)?.['task']);
  if (task === undefined) throw new Error(`OpenSearch named no task for the merge of ${index}`);
  if (!(await taskEnds(task, waiting))) return 'left';
  // Only then are the segments that were merged let go.
  await ask(client, `/${index}/_refresh`, { method: 'POST' });
  return 'done';
}

/** @returns false where time is up. @throws Error with what OpenSearch says where the task failed. */
async function taskEnds(task: string, { client, now, deadline }: Waiting): Promise<boolean> {
  for (let pause = 100; ; pause = Math.min(pause * 2, 5000)) {
    // One that is not known any more has ended.
    const found = object(await ifThere(ask(client, `/_tasks/${task}`)));
    if (found === undefined || found['completed'] === true) {
      const error = found?.['error'];
      if (error !== undefined) throw new Error(`merge failed: ${JSON.stringify(error).slice(0, 500)}`);
      return true;
    }
    if (now() + pause >= deadline) return false;
    await sleep(pause);
  }
}
