// `strongroom status`: accounts × sources × regions, as the index and the vaults of all regions have them, and how the platform does in each.
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import type { Writable } from 'node:stream';
import { readEnvironment, type BankConfig } from '../../shared/config.ts';
import { cloudFormationClient, s3Client, sqsClient } from '../../shared/deps.ts';
import { openSearchClient } from '../../shared/opensearch/client.ts';
import { homeOf, inRegion, regionsOf } from '../../shared/organization/config.ts';
import { residencyReport, type ResidencyRow } from '../../shared/residency/rules.ts';
import { arrivedInVault, type Arrived } from '../../shared/status/arrived.ts';
import { expectedIn } from '../../shared/status/expected.ts';
import { judge, type Row } from '../../shared/status/judge.ts';
import { platformOf, type Platform } from '../../shared/status/platform.ts';
import { seenInIndex, type Seen } from '../../shared/status/seen.ts';
import { bankNamed } from '../bank.ts';
import { output, stackOutputs } from '../deployed.ts';
import { explained } from '../opensearch.ts';
import { statusText } from '../status-text.ts';

export interface StatusOptions {
  readonly bank: string;
  /** Only what is of this region; left out: all of the bank's. */
  readonly region?: string | undefined;
  readonly url?: string | undefined;
  readonly json?: boolean | undefined;
}

export interface Status {
  readonly bank: string;
  /** ms since the epoch */
  readonly at: number;
  readonly rows: readonly Row[];
  readonly platforms: readonly Platform[];
  readonly residency: readonly ResidencyRow[];
  /** What could not be looked at, and why. */
  readonly faults: readonly string[];
}

/** @returns the exit code: 1 where something expected is silent or was never seen, an alarm rings, or something could not be looked at. */
export async function statusCommand(options: StatusOptions, out: Writable = process.stdout): Promise<number> {
  const bank = bankNamed(options.bank, homeOf(bankNamed(options.bank)));
  const status = await statusOf(bank, options, Date.now());
  out.write(options.json === true ? `${JSON.stringify(status)}\n` : statusText(status));
  return isFine(status) ? 0 : 1;
}

function isFine({ rows, platforms, faults }: Status): boolean {
  const missing = rows.some(({ expected, state }) => expected && (state === 'silent' || state === 'never'));
  return !missing && faults.length === 0 && platforms.every(({ alarms }) => alarms.length === 0);
}

/** @param bank as its file has it. @param now ms since the epoch. */
async function statusOf(bank: BankConfig, { region: only, url }: StatusOptions, now: number): Promise<Status> {
  const regions = regionsOf(bank).map((region) => inRegion(bank, region));
  // A trail of all regions delivers into one: each region's rows may be in the vault of another.
  const looks = await Promise.all(regions.map((one) => look(one, url, now)));
  const isShown = (region: string): boolean => only === undefined || region === only || region === 'any';
  const facts = {
    expected: regions.flatMap((one) => expectedIn(one)),
    seen: looks.flatMap(({ seen }) => seen),
    arrived: looks.flatMap(({ arrived }) => arrived),
  };
  return {
    bank: bank.bank,
    at: now,
    rows: judge(bank, facts, now).filter(({ region }) => isShown(region)),
    platforms: looks.flatMap(({ platform }) => (platform !== undefined && isShown(platform.region) ? [platform] : [])),
    residency: residencyReport(bank).filter(({ region }) => isShown(region)),
    faults: looks.flatMap(({ faults }) => faults),
  };
}

interface Look {
  readonly seen: readonly Seen[];
  readonly arrived: readonly Arrived[];
  readonly platform: Platform | undefined;
  readonly faults: readonly string[];
}

/** What cannot be seen of a region does not hide the others. */
async function look(bank: BankConfig, url: string | undefined, now: number): Promise<Look> {
  const environment = { ...readEnvironment(), region: bank.region };
  const faults: string[] = [];
  const orFault = async <T>(work: Promise<T>): Promise<T | undefined> => {
    try {
      return await work;
    } catch (error) {
      faults.push(`${bank.region}: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  };
  const cloudFormation = cloudFormationClient(environment);
  const outputs = await orFault(stackOutputs(cloudFormation, bank.bank)).finally(() => cloudFormation.destroy());
  if (outputs === undefined) return { seen: [], arrived: [], platform: undefined, faults };
  const [s3, sqs, cloudWatch] = [s3Client(environment), sqsClient(environment), new CloudWatchClient({ region: bank.region })];
  try {
    const arrived = await orFault(arrivedInVault({ s3, bucket: output(outputs, 'VaultBucket') }, bank.bank));
    const sources = new Set([...(arrived ?? []), ...expectedIn(bank)].map(({ source }) => source));
    const seen = await orFault(seenAt(url ?? output(outputs, 'OpenSearchUrl'), bank, [...sources], now));
    const platform = await orFault(platformOf(bank, { sqs, cloudWatch }, now));
    return { seen: seen ?? [], arrived: arrived ?? [], platform, faults };
  } finally {
    for (const client of [s3, sqs, cloudWatch]) client.destroy();
  }
}

async function seenAt(url: string, bank: BankConfig, sources: readonly string[], now: number): Promise<readonly Seen[]> {
  const client = openSearchClient(url, bank.region);
  try {
    return await seenInIndex(client, bank, sources, now);
  } catch (error) {
    throw explained(error, { bank, url, toldBy: "the stack's output OpenSearchUrl, or --url" });
  } finally {
    await client.close();
  }
}
