// Feeds from servers that misbehave: a real client, a real server, and everything that can go wrong between them.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { createFetch, type FetchRequest } from '../../../shared/intel/fetch.ts';
import { FeedError } from '../../../shared/intel/formats/format.ts';

const LIMITS = { bytes: 10_000, expandedBytes: 50_000, timeoutMs: 1500 };
const SECRET = 'very-secret-key';
type Answer = (request: IncomingMessage, response: ServerResponse) => void;

let answer: Answer = () => undefined;
let asked: IncomingMessage[] = [];
let servers: Server[] = [];
let url = '';
let elsewhere = '';
const fetch = createFetch({ allowLocal: true });

beforeAll(async () => {
  servers = await Promise.all([started(), started()]);
  [url = '', elsewhere = ''] = servers.map((server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
beforeEach(() => (asked = []));
afterAll(() => {
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
});

function started(): Promise<Server> {
  const server = createServer((request, response) => {
    asked.push(request);
    answer(request, response);
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

function get(more: Partial<FetchRequest> = {}) {
  return fetch({ url: `${url}/list?key=${SECRET}`, limits: LIMITS, ...more });
}

async function problem(more: Partial<FetchRequest> = {}): Promise<string> {
  const error: unknown = await get({ credentials: { 'auth-key': SECRET }, ...more }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(FeedError);
  const { message } = error as FeedError;
  // It goes into the log.
  expect(message).not.toContain(SECRET);
  expect(message).not.toContain('127.0.0.1');
  return message;
}

describe('what is taken', () => {
  it('a body, with what tells it from the next one', async () => {
    answer = (_, response) =>
      response.writeHead(200, { etag: '"1"', 'last-modified': 'Sat, 21 Nov 2026 10:00:00 GMT' }).end('198.51.100.7\n');
    await expect(get()).resolves.toMatchObject({
      body: Buffer.from('198.51.100.7\n'),
      etag: '"1"',
      lastModified: 'Sat, 21 Nov 2026 10:00:00 GMT',
    });
  });

  it('nothing, where nothing has changed', async () => {
    answer = (_, response) => response.writeHead(304).end();
    await expect(get({ etag: '"1"', lastModified: 'x' })).resolves.toBeUndefined();
    expect(asked[0]?.headers).toMatchObject({ 'if-none-match': '"1"', 'if-modified-since': 'x' });
  });

  it.each([
    ['as an encoding', { 'content-encoding': 'gzip' }],
    ['as a file', { 'content-type': 'application/gzip' }],
  ])('gzip %s', async (_, headers) => {
    answer = (__, response) => response.writeHead(200, headers).end(gzipSync('198.51.100.7'));
    await expect(get()).resolves.toMatchObject({ body: Buffer.from('198.51.100.7') });
  });

  it('what a redirect leads to, without the key where that is another host', async () => {
    answer = (request, response) => {
      if (request.url === '/there') response.end('x');
      else response.writeHead(302, { location: `${elsewhere}/there` }).end();
    };
    await expect(get({ credentials: { 'auth-key': SECRET } })).resolves.toMatchObject({ body: Buffer.from('x') });
    expect(asked.map(({ headers }) => headers['auth-key'])).toEqual([SECRET, undefined]);
  });

  it('with the key, where a redirect stays on the host', async () => {
    answer = (request, response) => {
      if (request.url === '/there') response.end('x');
      else response.writeHead(301, { location: '/there' }).end();
    };
    await get({ credentials: { 'auth-key': SECRET } });
    expect(asked.map(({ headers }) => headers['auth-key'])).toEqual([SECRET, SECRET]);
  });
});

describe('what is refused', () => {
  it.each([500, 404, 403, 429, 204])('status %i', async (status) => {
    answer = (_, response) => response.writeHead(status).end();
    await expect(problem()).resolves.toBe(`answers ${status}`);
  });

  it('a server that does not answer', async () => {
    answer = () => undefined;
    await expect(problem()).resolves.toMatch(/within 1500 ms/);
  });

  it('a server that answers drop by drop', async () => {
    answer = (_, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write('1'), 100);
      response.on('close', () => clearInterval(timer));
    };
    await expect(problem()).resolves.toMatch(/within 1500 ms/);
  });

  it('gzip that ends early, though the answer is whole', async () => {
    answer = (_, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('198.51.100.7\n'.repeat(500)).subarray(0, -12));
    await expect(problem()).resolves.toBe('ends early or is damaged');
  });

  it('an answer that breaks off', async () => {
    answer = (_, response) => {
      response.writeHead(200, { 'content-length': 1000 });
      response.write('198.51.100.7\n', () => response.destroy());
    };
    await expect(problem()).resolves.toMatch(/cannot be reached|ends early/);
  });

  it('what is too large, however it is called', async () => {
    answer = (_, response) => response.end(Buffer.alloc(20_000, 'a'));
    await expect(problem()).resolves.toBe('is larger than 10000 bytes');
  });

  it('what is small and expands to far more', async () => {
    answer = (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(1_000_000)));
    await expect(problem()).resolves.toBe('expands to more than 50000 bytes');
  });

  it('an encoding that nobody asked for', async () => {
    answer = (_, response) => response.writeHead(200, { 'content-encoding': 'br' }).end('x');
    await expect(problem()).resolves.toBe('answers in encoding br');
  });

  it('a server that is not there', async () => {
    await expect(problem({ url: 'http://127.0.0.1:9/' })).resolves.toBe('cannot be reached: ECONNREFUSED');
  });

  it('redirects without an end', async () => {
    answer = (_, response) => response.writeHead(302, { location: '/again' }).end();
    await expect(problem()).resolves.toBe('redirects more than 3 times');
    expect(asked).toHaveLength(4);
  });
});

describe('in AWS', () => {
  const strict = createFetch();
  it.each([
    ['http://feeds.example/x', 'not https'],
    ['ftp://feeds.example/x', 'not https'],
    ['file:///etc/passwd', 'not https'],
    ['https://127.0.0.1/x', 'not of the Internet'],
    ['https://169.254.169.254/latest/meta-data/', 'not of the Internet'],
    ['https://[::1]/x', 'not of the Internet'],
    ['https://[::ffff:10.0.0.1]/x', 'not of the Internet'],
    ['https://0x7f000001/', 'not of the Internet'],
  ])('%s is not asked', async (target, reason) => {
    await expect(strict({ url: target, limits: LIMITS })).rejects.toThrow(reason);
  });

  it('nor is a name that stands for an address of this machine', async () => {
    await expect(strict({ url: `https://localhost:${new URL(url).port}/`, limits: LIMITS })).rejects.toThrow('ELOCALADDRESS');
    expect(asked).toEqual([]);
  });
});
