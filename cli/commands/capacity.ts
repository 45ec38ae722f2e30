// `strongroom capacity`: what the indices weigh, when the disks are full, and what the bank needs when it grows.
// https://docs.aws.amazon.com/opensearch-service/latest/developerguide/sizing-domains.html
import type { Writable } from 'node:stream';
import {
  capacityOf,
  HORIZON_DAYS,
  RESERVE,
  SHARDS,
  type Capacity,
  type ClassCapacity,
  type Growth,
} from '../../shared/lifecycle/capacity.ts';
import { readState } from '../../shared/lifecycle/read.ts';
import { settingsOf, type LifecycleSettings } from '../../shared/lifecycle/settings.ts';
import { GB } from '../../shared/lifecycle/volume.ts';
import { sourcesOf } from '../../shared/sources/routes.ts';
import { withBankSearch } from '../opensearch.ts';

export interface CapacityOptions {
  readonly bank: string;
  readonly url?: string | undefined;
  readonly json?: boolean | undefined;
}

/** Prints what there is. @returns the exit code: 0. @throws MisconfiguredError where OpenSearch cannot be asked. */
export async function capacityCommand({ bank: name, url, json }: CapacityOptions, out: Writable = process.stdout): Promise<number> {
  return await withBankSearch(name, { url }, async ({ bank, client }) => {
    const settings = settingsOf(bank, sourcesOf(bank));
    const now = Date.now();
    // It deletes nothing, so it asks for no holds.
    const state = await readState({ client, settings, holds: () => Promise.resolve([]), now });
    const capacity = capacityOf(state, settings, now);
    out.write(json === true ? `${JSON.stringify(capacity)}\n` : asText(bank.bank, capacity, { settings, faults: state.faults }));
    return 0;
  });
}

export interface Shown {
  readonly settings: Pick<LifecycleSettings, 'replicas' | 'warmAfterDays'>;
  readonly faults: readonly string[];
}

export function asText(bank: string, capacity: Capacity, { settings, faults }: Shown): string {
  const { classes, nodes, roadmap } = capacity;
  const lines = [
    `Index of bank ${bank}: the last week's rate, shards as they are`,
    '',
    row(['class', 'events/day', 'GB/day', 'writes', 'stored', 'days', 'per', 'shards', 'GB min', 'median', 'max']),
    ...classes.map(classRow),
    ...classes.flatMap((one) => [...remarks(one)]),
    '',
    row(['node', 'GB', 'used', 'free GB', 'heap GB', 'shards']),
    ...nodes.map(({ name, diskBytes, freeBytes, heapBytes, shards }) =>
      row([name, gb(diskBytes), percent((diskBytes - freeBytes) / Math.max(1, diskBytes)), gb(freeBytes), gb(heapBytes), String(shards)]),
    ),
    '',
    fullness(capacity),
    '',
    row(['growth', 'data nodes', 'storage GB', 'shards', 'limited by']),
    ...roadmap.map(growthRow),
    '',
    ...assumptions(capacity, settings),
    ...faults.map((fault) => `Not seen: ${fault}`),
  ];
  return `${lines.join('\n')}\n`;
}

function classRow({ cls, docsPerDay, bytesPerDay, writes, stored, days, span, shards }: ClassCapacity): string {
  const cells = [
    cls,
    amount(docsPerDay),
    gb(bytesPerDay),
    percent(writes),
    percent(stored),
    String(days),
    span ?? '–',
    String(shards.count),
  ];
  return row([...cells, gb(shards.smallest), gb(shards.median), gb(shards.largest)]);
}

function* remarks({ cls, span, recommended, bytesPerDay, shards }: ClassCapacity): Generator<string> {
  if (bytesPerDay > 0 && span !== undefined && span !== recommended)
    yield `  ${cls}: its volume asks for an index a ${recommended}; the next ones are made so`;
  if (shards.tooLarge > 0) yield `  ${cls}: ${shards.tooLarge} closed shards above 50 GB; lifecycle splits them`;
  if (shards.tooSmall > 0) yield `  ${cls}: ${shards.tooSmall} closed shards below 10 GB that could be fewer`;
}

function fullness({ growth, fullInDays, nodes }: Capacity): string {
  const rate = `${gb(growth)} GB come a day, copies included`;
  if (nodes.length === 0) return `${rate}; no data node is known`;
  if (fullInDays === undefined) return `${rate}: at this rate the disks do not fill up in ${HORIZON_DAYS / 365} years`;
  const free = `${Math.round((1 - RESERVE.full) * 100)} % of the disks`;
  return fullInDays === 0 ? `${rate}, and ${free} are in use already` : `${rate}: ${free} are in use in ${fullInDays} days`;
}

function growthRow({ factor, nodes, storage, shards, limitedBy }: Growth): string {
  return row([`${factor}×`, String(nodes), gb(storage), String(shards), limitedBy]);
}

function assumptions({ nodes }: Capacity, { replicas = 1, warmAfterDays }: Shown['settings']): readonly string[] {
  const [first] = nodes.toSorted((a, b) => a.diskBytes - b.diskBytes).slice(nodes.length >> 1);
  const hot = warmAfterDays === undefined ? 'all days of retention' : `${warmAfterDays} days, then UltraWarm, which is not counted`;
  return [
    `Assumed: nodes as measured (${gb(first?.diskBytes ?? 0)} GB, ${gb(first?.heapBytes ?? 0)} GB heap); ${hot}; ${replicas} replica from two nodes on; ${Math.round(RESERVE.planned * 100)} % of`,
    `each disk free; at most ${SHARDS.perHeapGb} shards per GB of heap and ${SHARDS.perNode} per node. Legal holds, replays and the load of searches come on top; take a multiple of the zones.`,
  ];
}

/** The first column to the left, the others to the right. */
function row([first = '', ...others]: readonly string[]): string {
  return `${first.padEnd(22)}${others.map((cell) => cell.padStart(11)).join('')}`.trimEnd();
}

function gb(bytes: number): string {
  return amount(bytes / GB);
}

function amount(value: number): string {
  if (value > 0 && value < 0.001) return '<0.001';
  return value.toLocaleString('en-US', { maximumFractionDigits: value < 1 ? 3 : value < 100 ? 1 : 0 });
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
