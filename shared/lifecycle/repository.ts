// The bank's snapshot repository, as OpenSearch has it. https://docs.opensearch.org/latest/api-reference/snapshots/get-snapshot/
import type { OpenSearch } from '../opensearch/client.ts';
import { isArray, isObject, object, text } from '../outcome.ts';
import { ask, messageOf, numberOf, typeOf } from '../opensearch/ask.ts';
import type { LifecycleSettings } from './settings.ts';
import { SNAPSHOT_PREFIX } from './snapshots.ts';
import type { SnapshotState } from './state.ts';

const REGISTERING =
  'register it: PUT _snapshot/<name> with type s3, bucket, region, role_arn, base_path, as somebody who may pass that role ' +
  '(https://docs.aws.amazon.com/opensearch-service/latest/developerguide/managedomains-snapshot-registerdirectory.html), or take `snapshots` out of the bank’s file';

export interface Repository {
  /** Undefined where there is none, or it cannot be read. */
  readonly snapshots: readonly SnapshotState[] | undefined;
  readonly faults: readonly string[];
}

export async function readSnapshots(client: OpenSearch, { snapshots: wanted }: LifecycleSettings): Promise<Repository> {
  if (wanted === undefined) return { snapshots: undefined, faults: [] };
  const { repository } = wanted;
  try {
    const body = object(
      await ask(client, `/_snapshot/${encodeURIComponent(repository)}/${SNAPSHOT_PREFIX}*`, { query: { ignore_unavailable: 'true' } }),
    );
    const listed = body?.['snapshots'];
    return { snapshots: (isArray(listed) ? listed : []).flatMap((entry) => snapshotOf(entry)), faults: [] };
  } catch (error) {
    const why =
      typeOf(error) === 'repository_missing_exception' ? `OpenSearch has no repository of that name; ${REGISTERING}` : messageOf(error);
    return { snapshots: undefined, faults: [`no snapshots in ${repository}: ${why}`] };
  }
}

function snapshotOf(entry: unknown): readonly SnapshotState[] {
  if (!isObject(entry)) return [];
  const indices = entry['indices'];
  return [
    {
      name: text(entry['snapshot']) ?? '',
      state: text(entry['state']) ?? '',
      started: numberOf(entry['start_time_in_millis']),
      indices: (isArray(indices) ? indices : []).flatMap((name) => text(name) ?? []),
    },
  ];
}
