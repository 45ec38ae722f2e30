// The servers of the local platform, without anything deployed to them.
import { startPlatform, type Platform } from '../../local/platform.ts';

let platform: Platform;

beforeAll(async () => {
  platform = await startPlatform({ log: () => undefined });
}, 600_000);

afterAll(async () => {
  await platform.stop();
});

async function isUp(url: string): Promise<boolean> {
  return await fetch(url).then(
    () => true,
    () => false,
  );
}

test('OpenSearch can be taken away and comes back at the same address with the same data, while the emulator stays up', async () => {
  const url = platform.opensearchUrl;
  const headers = { 'content-type': 'application/json' };
  await fetch(`${url}/kept/_doc/1`, { method: 'PUT', headers, body: '{"a":1}' });

  await platform.stopOpenSearch();
  expect([await isUp(url), await isUp(platform.endpoint)]).toEqual([false, true]);
  await platform.startOpenSearch();

  expect(await (await fetch(`${url}/kept/_doc/1`)).json()).toMatchObject({ found: true, _source: { a: 1 } });
}, 300_000);

test('stop ends everything, and twice does no harm', async () => {
  await platform.stop();
  await platform.stop();

  expect([await isUp(platform.opensearchUrl), await isUp(platform.endpoint)]).toEqual([false, false]);
}, 60_000);
