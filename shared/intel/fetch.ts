// Feeds over HTTPS, as if every server were somebody else's: sizes, times and redirects are bounded, and what is not whole is not taken.
// node:http rather than fetch(): fetch() takes a gzip body that ends early for a whole one, and resolves names where nobody can look.
// https://nodejs.org/api/https.html#httpsrequesturl-options-callback
import { lookup as resolve, type LookupAddress } from 'node:dns';
import { request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { LookupFunction } from 'node:net';
import { createDecompressor } from '../decode/decompress.ts';
import { isLocal, newWords, parseAddress } from './address.ts';
import { FeedError } from './formats/format.ts';

export interface FetchLimits {
  /** As they come, and expanded. */
  readonly bytes: number;
  readonly expandedBytes: number;
  /** For everything, ms. */
  readonly timeoutMs: number;
}

export interface FetchRequest {
  readonly url: string;
  /** Go to the host of the URL alone, never along a redirect to another. */
  readonly credentials?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly etag?: string | undefined;
  readonly lastModified?: string | undefined;
  readonly limits: FetchLimits;
}

export interface Fetched {
  readonly body: Buffer;
  readonly etag: string | undefined;
  readonly lastModified: string | undefined;
  readonly headers: IncomingMessage['headers'];
}

/** @returns undefined where the server says that nothing has changed. @throws FeedError, without address or credentials in its message. */
export type Fetch = (request: FetchRequest) => Promise<Fetched | undefined>;

const MAX_REDIRECTS = 3;

/** @param options.allowLocal for tests: servers on this machine, without TLS. Never in AWS, where those are Lambda's own. */
export function createFetch({ allowLocal = false } = {}): Fetch {
  return async (request) => {
    const signal = AbortSignal.timeout(request.limits.timeoutMs);
    try {
      let url = urlOf(request.url, allowLocal);
      let credentials = request.credentials;
      for (let hops = 0; ; hops++) {
        const answer = await ask(url, { ...request, credentials }, { signal, allowLocal });
        const location = REDIRECTS.has(answer.statusCode ?? 0) ? answer.headers.location : undefined;
        if (location === undefined) return await read(answer, request.limits);
        answer.destroy();
        if (hops === MAX_REDIRECTS) throw new FeedError(`redirects more than ${MAX_REDIRECTS} times`);
        const next = urlOf(new URL(location, url).href, allowLocal);
        if (next.origin !== url.origin) credentials = undefined;
        url = next;
      }
    } catch (error) {
      throw signal.aborted ? new FeedError(`did not answer completely within ${request.limits.timeoutMs} ms`) : feedError(error);
    }
  };
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Addresses hold keys, and errors of others hold addresses: only the code is told. */
function feedError(error: unknown): FeedError {
  if (error instanceof FeedError) return error;
  const code: unknown = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return new FeedError(`cannot be reached: ${typeof code === 'string' ? code : 'connection failed'}`);
}

function urlOf(text: string, allowLocal: boolean): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'https:' && !(allowLocal && url.protocol === 'http:')))
    throw new FeedError('leads to something that is not https');
  if (!allowLocal && isLocalHost(url.hostname)) throw new FeedError('leads to an address that is not of the Internet');
  return url;
}

const words = newWords();

function isLocalHost(host: string): boolean {
  return parseAddress(host.replace(/^\[|\]$/g, ''), words) && isLocal(words);
}

/** Names are looked at as they are resolved: what answers for a feed must not be something inside. */
const publicOnly: LookupFunction = (hostname, options, callback) => {
  resolve(hostname, { ...options, all: true }, (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => {
    const open = error === null ? addresses.filter(({ address }) => !isLocalHost(address)) : [];
    const [first] = open;
    if (error !== null) callback(error, '');
    else if (first === undefined) callback(Object.assign(new Error('no public address'), { code: 'ELOCALADDRESS' }), '');
    else if (options.all === true) callback(null, open);
    else callback(null, first.address, first.family);
  });
};

type Asked = FetchRequest & { readonly credentials?: Readonly<Record<string, string>> | undefined };

function ask(
  url: URL,
  { headers, credentials, etag, lastModified }: Omit<Asked, 'credentials'> & { readonly credentials: Asked['credentials'] | undefined },
  { signal, allowLocal }: { readonly signal: AbortSignal; readonly allowLocal: boolean },
): Promise<IncomingMessage> {
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((answered, failed) => {
    const sent = request(
      url,
      {
        signal,
        headers: {
          'user-agent': 'strongroom',
          'accept-encoding': 'gzip',
          ...(etag === undefined ? {} : { 'if-none-match': etag }),
          ...(lastModified === undefined ? {} : { 'if-modified-since': lastModified }),
          ...headers,
          ...credentials,
        },
        ...(allowLocal ? {} : { lookup: publicOnly }),
      },
      answered,
    );
    sent.on('error', failed);
    sent.end();
  });
}

const OK = 200;
const NOT_MODIFIED = 304;

async function read(answer: IncomingMessage, limits: FetchLimits): Promise<Fetched | undefined> {
  const { statusCode = 0, headers } = answer;
  if (statusCode === NOT_MODIFIED) {
    answer.resume();
    return undefined;
  }
  try {
    if (statusCode !== OK) throw new FeedError(`answers ${statusCode}`);
    const encoding = headers['content-encoding'] ?? 'identity';
    if (!['identity', 'gzip', 'x-gzip'].includes(encoding)) throw new FeedError(`answers in encoding ${encoding.slice(0, 20)}`);
    const body = await expanded(answer, limits);
    return { body, etag: headers.etag, lastModified: headers['last-modified'], headers };
  } finally {
    answer.destroy();
  }
}

/** A gzip file is expanded too, however it is called. */
async function expanded(answer: IncomingMessage, { bytes, expandedBytes }: FetchLimits): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const decompressor = createDecompressor((chunk) => chunks.push(chunk), { expandedBytes });
  let size = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > bytes) throw new FeedError(`is larger than ${bytes} bytes`);
    await decompressor.write(chunk);
  }
  const problem = await decompressor.end();
  if (problem !== undefined) throw new FeedError(problem.detail.startsWith('expands') ? problem.detail : 'ends early or is damaged');
  // Connections that break off are no end of a body.
  if (!answer.complete) throw new FeedError('ends early');
  return Buffer.concat(chunks);
}
