// What enrichment makes of the events of every source's golden cases.
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { loadBank } from '../../../cli/bank.ts';
import { writeGeoDatabase } from '../../../local/geo-database.ts';
import { enrichmentOf } from '../../../shared/enrich/enrichers.ts';
import { createMetrics } from '../../../shared/observe/metrics.ts';
import { createFakeS3 } from '../../fakes/s3.ts';
import { goldenCases, runGolden } from '../../golden-runner.ts';
import { validateEvent } from '../../ocsf.ts';

const PER_CASE = 3;

it('an event of any source is valid afterwards, the same when it is enriched again, and not changed itself', async () => {
  const s3 = createFakeS3();
  const record = { country: { iso_code: 'DE' }, city: { names: { en: 'Köln' } }, autonomous_system_number: 4_200_000_000 };
  // All of the Internet, so that every event with an address is in it.
  const entries = ['0.0.0.0/1', '128.0.0.0/1', '2000::/3'].map((network) => [network, record] as const);
  const Body = writeGeoDatabase(entries, { type: 'X-City', built: 1_767_225_600 });
  await s3.client.send(new PutObjectCommand({ Bucket: 'reference', Key: 'geo/x.mmdb', Body }));
  const { bank } = loadBank('banks/demo.yml');
  if (bank === undefined) throw new Error('banks/demo.yml');
  const warned: unknown[] = [];
  const enrichment = enrichmentOf({
    bank: {
      ...{ bank: bank.bank, accounts: [...bank.accounts, { id: '123456789012', name: 'example' }] },
      enrichment: { geo: ['x.mmdb'], services: [{ name: 'All', networks: ['0.0.0.0/0', '::/0'] }] },
    },
    ...{ s3: s3.client, bucket: 'reference', log: { warn: (...said) => void warned.push(said) }, metrics: createMetrics() },
  });
  if (enrichment === undefined) throw new Error('no enrichment');
  await enrichment.ready();
  let known = 0;
  const placed = new Set<string>();
  for (const golden of goldenCases().filter(({ name }) => name === 'full')) {
    for (const event of (await runGolden(golden)).events.slice(0, PER_CASE)) {
      const before = JSON.stringify(event);
      const first = enrichment.transform(event);
      if (first.kind !== 'value') throw new Error(`${golden.directory}: an event was lost`);
      const again = enrichment.transform(first.value);
      if (JSON.stringify(event) !== before || again.kind !== 'value' || again.value !== first.value)
        throw new Error(`${golden.directory}: ${before}`);
      if (first.value === event) continue;
      known++;
      placed.add(golden.source);
      const problems = validateEvent(first.value);
      if (problems.length > 0) throw new Error(`${golden.directory}: ${problems.join()}`);
    }
  }
  expect(warned).toEqual([]);
  expect(known).toBeGreaterThan(60);
  expect(placed.size).toBeGreaterThan(40);
}, 120_000);
