import { loadBank } from '../../../cli/bank.ts';
import type { BankConfig } from '../../../shared/config.ts';
import type { EvidenceLeaf } from '../../../shared/notary/leaf.ts';
import { planReplay, type PlanOptions } from '../../../shared/replay/plan.ts';
import { DAY, HOUR, leafOf } from './leaf.ts';

const OPTIONS: PlanOptions = {
  selection: { source: 'cloudtrail', from: DAY, to: DAY + 24 * HOUR, accounts: [] },
  bank: loadBank('banks/demo.yml').bank ?? ({} as BankConfig),
  rate: 5000,
  isLocal: false,
};

async function* given(leaves: readonly EvidenceLeaf[]): AsyncGenerator<EvidenceLeaf> {
  for (const leaf of leaves) yield await Promise.resolve(leaf);
}

/** Records of each entry, by chunk. */
async function chunks(leaves: readonly EvidenceLeaf[], options: Partial<PlanOptions> = {}): Promise<readonly (readonly number[])[]> {
  const planned = await planReplay(given(leaves), { ...OPTIONS, ...options });
  const found: number[][] = [];
  for await (const manifest of planned.manifests) {
    const lines = manifest.toString().trimEnd().split('\n');
    found.push(lines.map((line) => (JSON.parse(line) as { records: number }).records));
  }
  expect(found).toHaveLength(planned.chunks);
  await planned.dispose();
  return found;
}

it('adds up what is chosen, names what is not known, and says how far the log goes', async () => {
  const leaves = [
    leafOf({ records: 10, bytes: 100 }),
    leafOf({ records: 7, bytes: 50, delivered: 2 * HOUR }),
    leafOf({ source: 'vpc-flow' }),
    leafOf({ source: 'unknown', uri: 's3://landing/x#1', delivered: 30 * HOUR }),
  ];

  const planned = await planReplay(given(leaves), OPTIONS);

  expect(planned).toMatchObject({ totals: { objects: 2, records: 17, bytes: 150 }, chunks: 1, unclaimed: 1, latest: DAY + 30 * HOUR });
  const manifests: string[] = [];
  for await (const manifest of planned.manifests) manifests.push(manifest.toString());
  expect(manifests).toEqual([
    `${leaves
      .slice(0, 2)
      .map(({ key, version, records, bytes }) => JSON.stringify({ key, version, records, bytes }))
      .join('\n')}\n`,
  ]);
  await planned.dispose();
});

it('makes chunks that an invocation can do at the rate: by records, objects and bytes', async () => {
  const many = (count: number, of: Parameters<typeof leafOf>[0]): readonly EvidenceLeaf[] =>
    Array.from({ length: count }, () => leafOf(of));

  // A quarter of the rate for 300 seconds.
  expect(await chunks(many(5, { records: 300 }), { rate: 8 })).toEqual([[300, 300], [300, 300], [300]]);
  expect((await chunks(many(2500, { records: 1 }))).map((chunk) => chunk.length)).toEqual([1000, 1000, 500]);
  expect((await chunks(many(3, { bytes: 200 * 1024 * 1024 }))).map((chunk) => chunk.length)).toEqual([1, 1, 1]);
  expect(await chunks([])).toEqual([]);
});

it('refuses a rate at which an object would outlive the invocation, but for the process that nobody ends', async () => {
  const leaf = leafOf({ records: 1_000_000 });

  await expect(chunks([leaf], { rate: 100 })).rejects.toThrow(/--rate must be at least 5129: demo\/cloudtrail\/.* has 1000000 records/);
  expect(await chunks([leaf], { rate: 5129 })).toEqual([[1_000_000]]);
  expect(await chunks([leaf], { rate: 1, isLocal: true })).toEqual([[1_000_000]]);
});

it('keeps its manifests out of memory', async () => {
  const planned = await planReplay(
    (async function* () {
      for (let at = 0; at < 120_000; at++) yield await Promise.resolve(leafOf({ delivered: at }));
    })(),
    OPTIONS,
  );

  expect(planned).toMatchObject({ chunks: 120, totals: { objects: 120_000 } });
  let entries = 0;
  for await (const manifest of planned.manifests) entries += manifest.toString().split('\n').length - 1;
  expect(entries).toBe(120_000);
  await planned.dispose();
}, 30_000);
