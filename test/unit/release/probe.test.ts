import { handleOrProbe, PROBE } from '../../../shared/probe.ts';

interface Batch {
  readonly Records: readonly string[];
}

/** @returns a handler that keeps what it was given. */
function recording(): { readonly seen: Batch[]; readonly handler: (event: Batch) => Promise<string> } {
  const seen: Batch[] = [];
  return {
    seen,
    handler: (event) => {
      seen.push(event);
      return Promise.resolve('done');
    },
  };
}

/** What CodeDeploy's hook sends is of no handler's type. */
const probe = PROBE as unknown as Batch;

it('a probe is answered with the version, and goes through the handler with nothing to do', async () => {
  const { seen, handler } = recording();

  await expect(handleOrProbe(probe, '7', { handler, nothing: { Records: [] } })).resolves.toEqual({ probe: 'ok', version: '7' });
  expect(seen).toEqual([{ Records: [] }]);
});

it('a probe does not start what works whatever its event says', async () => {
  const { seen, handler } = recording();

  await expect(handleOrProbe(probe, '7', { handler, nothing: undefined })).resolves.toEqual({ probe: 'ok', version: '7' });
  expect(seen).toEqual([]);
});

it('a probe of a handler that fails with nothing to do fails', async () => {
  const handler = (): Promise<string> => Promise.reject(new Error('no'));

  await expect(handleOrProbe(probe, '7', { handler, nothing: { Records: [] } })).rejects.toThrow('no');
});

it.each([[{ Records: ['a'] }], [{ Records: [], strongroom: 'other' }]])('%j is the handler’s', async (event) => {
  const { seen, handler } = recording();

  await expect(handleOrProbe<Batch, string>(event, '7', { handler, nothing: { Records: [] } })).resolves.toBe('done');
  expect(seen).toEqual([event]);
});
