import { startInvokeApi } from '../../../../local/lambda/invoke-api.ts';
import type { InvokeApi, InvokeByName } from '../../../../local/lambda/invoke-api.ts';

/** Knows the function `f.1`, which returns its event, and `bad`, which fails; `broken` breaks the host itself. */
function invoke(...[name, payload]: Parameters<InvokeByName>): ReturnType<InvokeByName> {
  if (name === 'broken') return Promise.reject(new Error('no emulator'));
  if (name === 'f.1') return Promise.resolve({ requestId: 'r', failed: false, payload });
  if (name === 'bad') return Promise.resolve({ requestId: 'r', failed: true, payload: '{"errorType":"E"}' });
  return Promise.resolve(undefined);
}

describe('the invoke API', () => {
  let api: InvokeApi;
  beforeAll(async () => (api = await startInvokeApi(0, invoke)));
  afterAll(() => api.stop());

  async function post(path: string, body: string) {
    const response = await fetch(`${api.url}${path}`, { method: 'POST', body });
    return { status: response.status, error: response.headers.get('x-amz-function-error'), body: await response.text() };
  }

  it('answers what the function answered', async () => {
    expect(await post('/invoke/f.1', '{"a":1}')).toEqual({ status: 200, error: null, body: '{"a":1}' });
  });

  it('takes an empty body for an empty event', async () => {
    expect(await post('/invoke/f%2E1', '')).toMatchObject({ body: '{}' });
  });

  it('marks a function error in the header and answers 200, as Lambda does', async () => {
    expect(await post('/invoke/bad', '{}')).toEqual({ status: 200, error: 'Unhandled', body: '{"errorType":"E"}' });
  });

  it.each([
    ['a function that is not deployed', '/invoke/other', '{}', 404],
    ['another path', '/functions', '{}', 404],
    ['a body that is not JSON', '/invoke/f.1', '{', 400],
    ['a host in trouble', '/invoke/broken', '{}', 500],
  ])('refuses %s', async (_, path, body, status) => {
    expect(await post(path, body)).toMatchObject({ status, error: null });
  });
});
