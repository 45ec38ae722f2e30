// One upgrade at a time: a document that says who works until when, renewed while he does. Every change of it names the version that it was read in.
// https://docs.opensearch.org/latest/api-reference/document-apis/index-document/ (if_seq_no, if_primary_term)
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { RetryableError } from '../errors.ts';
import type { JsonObject } from '../model.ts';
import type { OpenSearch } from '../opensearch/client.ts';
import { object, text } from '../outcome.ts';
import { ask } from './ask.ts';
import { isStatus } from './copy.ts';

/** Nobody searches it for events: the name begins neither with `ocsf-` nor with `events-`. */
const INDEX = 'strongroom-upgrade';
const PATH = `/${INDEX}/_doc/lock`;
const [NOT_FOUND, CONFLICT] = [404, 409];
/** Who was killed is waited for so long. */
const LEASE_MS = 45_000;
const POLL_MS = 1000;

interface Version {
  readonly seqNo: number;
  readonly primaryTerm: number;
}

export interface LockOptions {
  readonly leaseMs?: number;
  readonly say?: (line: string) => void;
}

/**
 * Does the work while nobody else does any. What was killed is waited for until its time is over.
 * @param work asks `assertMine` before each step that changes something.
 * @throws RetryableError where another one is at work.
 */
export async function locked<T>(
  client: OpenSearch,
  { leaseMs = LEASE_MS, say = () => undefined }: LockOptions,
  work: (assertMine: () => void) => Promise<T>,
): Promise<T> {
  const holder = `${hostname()} ${process.pid} ${randomUUID()}`;
  let version = await acquire(client, { holder, leaseMs, say });
  let until = Date.now() + leaseMs;
  let renewing: Promise<void> = Promise.resolve();
  const renew = async (): Promise<void> => {
    const asked = Date.now();
    version = await put(client, { holder, until: asked + leaseMs }, version);
    until = asked + leaseMs;
  };
  const timer = setInterval(() => {
    // What fails is tried again; the lease ends by itself.
    renewing = renewing.then(renew).catch(() => undefined);
  }, leaseMs / 4);
  try {
    return await work(() => {
      if (Date.now() > until) throw new RetryableError('the lock of this upgrade could not be kept: run it again');
    });
  } finally {
    clearInterval(timer);
    await renewing;
    await release(client, version);
  }
}

interface Asking {
  readonly holder: string;
  readonly leaseMs: number;
  readonly say: (line: string) => void;
}

async function acquire(client: OpenSearch, { holder, leaseMs, say }: Asking): Promise<Version> {
  await makeIndex(client);
  let seen: number | undefined;
  for (;;) {
    const found = await read(client);
    const now = Date.now();
    if (found === undefined || found.until < now) {
      const taken = await put(client, { holder, until: now + leaseMs }, found?.version).catch((error: unknown) => {
        if (!isStatus(error, CONFLICT)) throw error;
      });
      if (taken !== undefined) return taken;
      continue;
    }
    // Renewed since we first looked: he is alive.
    if (seen !== undefined && found.until !== seen)
      throw new RetryableError(`an upgrade is under way (${found.holder}): wait until it has ended`);
    if (seen === undefined)
      say(`an upgrade was under way (${found.holder}); waiting whether it still is, until ${new Date(found.until).toISOString()}`);
    seen = found.until;
    await sleep(POLL_MS);
  }
}

async function makeIndex(client: OpenSearch): Promise<void> {
  const settings = { index: { number_of_shards: 1, auto_expand_replicas: '0-1', hidden: true } };
  const body = { settings, mappings: { dynamic: false } };
  await ask(client, { method: 'PUT', path: `/${INDEX}`, body }, { ignore: [400] });
}

async function read(
  client: OpenSearch,
): Promise<{ readonly holder: string; readonly until: number; readonly version: Version } | undefined> {
  const body = await ask(client, { method: 'GET', path: PATH }, { ignore: [NOT_FOUND] });
  const found = object(body);
  const source = object(found?.['_source']);
  const version = versionOf(found);
  if (source === undefined || version === undefined) return undefined;
  return { holder: text(source['holder']) ?? '', until: Number(source['until']), version };
}

async function put(
  client: OpenSearch,
  lock: { readonly holder: string; readonly until: number },
  before: Version | undefined,
): Promise<Version> {
  const querystring: Record<string, string> =
    before === undefined ? { op_type: 'create' } : { if_seq_no: String(before.seqNo), if_primary_term: String(before.primaryTerm) };
  const body = await ask(client, { method: 'PUT', path: PATH, querystring, body: lock });
  const version = versionOf(object(body));
  if (version === undefined) throw new RetryableError('OpenSearch did not say which version of the lock was written');
  return version;
}

function versionOf(answer: JsonObject | undefined): Version | undefined {
  const [seqNo, primaryTerm] = [answer?.['_seq_no'], answer?.['_primary_term']];
  return typeof seqNo === 'number' && typeof primaryTerm === 'number' ? { seqNo, primaryTerm } : undefined;
}

async function release(client: OpenSearch, { seqNo, primaryTerm }: Version): Promise<void> {
  const querystring = { if_seq_no: String(seqNo), if_primary_term: String(primaryTerm) };
  // Somebody else's by now, or gone: not ours to take away.
  await ask(client, { method: 'DELETE', path: PATH, querystring }, { ignore: [NOT_FOUND, CONFLICT] }).catch(() => undefined);
}
