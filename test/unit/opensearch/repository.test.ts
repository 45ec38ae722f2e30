import { registerRepository } from '../../../shared/opensearch/repository.ts';
import { startOpenSearch, type FakeOpenSearch } from '../../fakes/opensearch.ts';

const PLACE = {
  repository: 'strongroom',
  bucket: 'strongroom-vpc-111111111111-eu-central-1-snapshots',
  region: 'eu-central-1',
  role: 'arn:aws:iam::111111111111:role/strongroom-vpc-snapshots',
};
const SETTINGS = { bucket: PLACE.bucket, region: PLACE.region, role_arn: PLACE.role };

let server: Omit<FakeOpenSearch, 'requests'>;
let registered: unknown;
beforeEach(async () => {
  registered = undefined;
  server = await startOpenSearch(({ method, url, body }) => {
    expect(url).toBe('/_snapshot/strongroom');
    if (method === 'PUT') registered = JSON.parse(body);
    if (method === 'PUT') return { status: 200, body: { acknowledged: true } };
    return registered === undefined
      ? { status: 404, body: { error: { type: 'repository_missing_exception' }, status: 404 } }
      : { status: 200, body: { strongroom: registered } };
  });
});
afterEach(() => server.close());

it('is registered where there is none, and left alone the second time', async () => {
  expect(await registerRepository(server.client, PLACE)).toBe('registered');
  expect(registered).toEqual({ type: 's3', settings: SETTINGS });
  expect(await registerRepository(server.client, PLACE)).toBe('unchanged');
  expect(server.asked.map(({ method }) => method)).toEqual(['GET', 'PUT', 'GET']);
});

it('is registered anew where it is another bucket, or another role', async () => {
  for (const other of [{ bucket: 'elsewhere' }, { role_arn: 'arn:aws:iam::111111111111:role/other' }]) {
    registered = { type: 's3', settings: { ...SETTINGS, ...other } };

    expect(await registerRepository(server.client, PLACE)).toBe('registered');
    expect(registered).toEqual({ type: 's3', settings: SETTINGS });
  }
});
