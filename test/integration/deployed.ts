// What tests ask a running deployment.
import { execFile } from 'node:child_process';
import { HeadObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { output } from '../../cli/deployed.ts';
import type { Deployment } from '../../local/deployment.ts';
import { isArray, object, text } from '../../shared/outcome.ts';

/** Ids of all documents, in no order, once everything under way has arrived. */
export async function indexedIds(deployment: Deployment): Promise<readonly string[]> {
  await deployment.host.quiesce();
  const { search } = deployment;
  await search.transport.request({ method: 'POST', path: '/_refresh' });
  const answer = await search.transport.request({
    method: 'GET',
    path: '/ocsf-*/_search',
    querystring: { size: '10000', _source: 'false', ignore_unavailable: 'true' },
  });
  const hits = object(object(answer.body)?.['hits'])?.['hits'];
  return isArray(hits) ? hits.map((hit) => text(object(hit)?.['_id']) ?? '') : [];
}

export interface Evidence {
  readonly key: string;
  /** Origin. */
  readonly uri: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Sealed objects whose origin begins so, by origin. */
export async function evidenceOf({ security, outputs }: Deployment, beginning: string): Promise<readonly Evidence[]> {
  const Bucket = output(outputs, 'VaultBucket');
  const found: Evidence[] = [];
  let ContinuationToken: string | undefined;
  do {
    const page = await security.s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'demo/', ContinuationToken }));
    for (const { Key: key = '' } of page.Contents ?? []) {
      const { Metadata: metadata = {} } = await security.s3.send(new HeadObjectCommand({ Bucket, Key: key }));
      const uri = decodeURIComponent(metadata['origin'] ?? '');
      if (uri.startsWith(beginning)) found.push({ key, uri, metadata });
    }
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken !== undefined);
  return found.sort((a, b) => (a.uri < b.uri ? -1 : 1));
}

/** `npx strongroom …` as an operator of the bank. */
export async function strongroom(
  { environment }: Deployment,
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly stdout: Buffer; readonly stderr: string }> {
  return await new Promise((resolve) => {
    const env = { ...process.env, ...environment };
    const child = execFile(process.execPath, ['cli/main.ts', ...args], { env, encoding: 'buffer', maxBuffer: 1e8 }, (_, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, stdout, stderr: stderr.toString() });
    });
  });
}
