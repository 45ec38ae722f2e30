// Registers the bucket of the stack as a repository of snapshots, in a domain of our own.
// https://docs.aws.amazon.com/opensearch-service/latest/developerguide/managedomains-snapshot-registerdirectory.html
import { object, text } from '../outcome.ts';
import { ask } from './ask.ts';
import type { OpenSearch } from './client.ts';

export interface SnapshotPlace {
  /** Name of the repository. */
  readonly repository: string;
  readonly bucket: string;
  readonly region: string;
  /** ARN of the role that the domain takes to reach the bucket. */
  readonly role: string;
}

/** Running it again changes nothing. @throws ResponseError where OpenSearch cannot reach the bucket: it tries when the repository is registered. */
export async function registerRepository(
  client: OpenSearch,
  { repository, bucket, region, role }: SnapshotPlace,
): Promise<'registered' | 'unchanged'> {
  const path = `/_snapshot/${encodeURIComponent(repository)}`;
  const found = object(object(object(await ask(client, path, { ignore: [404] }))?.[repository])?.['settings']);
  if (text(found?.['bucket']) === bucket && text(found?.['role_arn']) === role) return 'unchanged';
  // Encrypted as the bucket says.
  await ask(client, path, { method: 'PUT', body: { type: 's3', settings: { bucket, region, role_arn: role } } });
  return 'registered';
}
