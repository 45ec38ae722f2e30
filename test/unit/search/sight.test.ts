import { bankNamed } from '../../../cli/bank.ts';
import type { AccessRole, BankConfig } from '../../../shared/config.ts';
import { openSearchClient } from '../../../shared/opensearch/client.ts';
import { assertNotCold, coldLine, sightOf, type Sight } from '../../../shared/search/sight.ts';
import { startHttpServer, type Answer, type Asked } from '../../fakes/http-server.ts';

const demo = bankNamed('demo');
const frozen: BankConfig = { ...demo, opensearch: { ...demo.opensearch, lifecycle: { warm_after_days: 7, cold_after_days: 90 } } };

async function seen(bank: BankConfig, answer: (asked: Asked) => Answer): Promise<Sight> {
  const server = await startHttpServer(answer);
  const client = openSearchClient(server.url, bank.region);
  try {
    return await sightOf(client, bank);
  } finally {
    await client.close();
    await server.close();
  }
}

function withRole(role: AccessRole): BankConfig {
  return { ...demo, access: { roles: [role] } };
}

const analyst = { name: 'soc', role: 'analyst', members: ['soc'] } as const;

test.each<[string, AccessRole, readonly string[]]>([
  ['all is shown', analyst, []],
  ['a scope', { ...analyst, accounts: ['111111111111'] }, ['as strongroom-analyst-soc: not everything is shown']],
  ['personal data hidden', { ...analyst, personal_data: 'hidden' }, [expect.stringMatching(/withheld and cannot be searched$/) as string]],
  ['both', { ...analyst, personal_data: 'masked', to: '2026-11-21' }, [expect.stringMatching(/hashes.*; not everything/) as string]],
])("%s, as the bank's file says", async (_, role, limits) => {
  const sight = await seen(withRole(role), () => ({ status: 200, body: { roles: ['strongroom-analyst-soc'] } }));
  expect(sight).toEqual({ limits, cold: [] });
});

test('an auditor whom the file shows all', async () => {
  const bank = withRole({ name: 'own', role: 'auditor', members: ['x'], personal_data: 'clear' });
  expect((await seen(bank, () => ({ status: 200, body: { roles: ['strongroom-auditor-own'] } }))).limits).toEqual([]);
});

test('a store in cold storage makes an answer of its time a part of the whole one', async () => {
  const listed = { indices: [{ index: 'events-network_activity-2026.06-1', size: 10 }] };
  const { limits, cold } = await seen(frozen, ({ url, body }) => {
    if (!url.startsWith('/_cold/')) return { status: 404, body: {} };
    return { status: 200, body: body.includes('pagination_id') ? { indices: [] } : { ...listed, pagination_id: 'p' } };
  });
  expect(limits).toEqual([]);
  expect(cold).toHaveLength(1);
  const june = Date.UTC(2026, 5, 30);
  expect(() => assertNotCold(cold, { from: june, to: undefined })).toThrow(
    /^events-network_activity-2026\.06-1 of that time is in cold storage/,
  );
  expect(() => assertNotCold(cold, { from: Date.UTC(2026, 6), to: undefined })).not.toThrow();
  expect(() => assertNotCold(cold, { from: 0, to: Date.UTC(2026, 5) })).not.toThrow();
  expect(coldLine(cold)).toMatch(/before 2026-07-01 00:00:00Z are in cold storage/);
  expect(coldLine([])).toBeUndefined();
});

test('cold storage that does not answer is said; one that the bank does not have is not asked', async () => {
  const refuse = (): Answer => ({ status: 403, body: { error: { type: 'security_exception', reason: 'no permissions' } } });
  expect((await seen(frozen, refuse)).limits).toEqual([expect.stringMatching(/^what is in cold storage is not known/)]);
  expect(await seen(demo, refuse)).toEqual({ limits: [], cold: [] });
});
