// Probes of what was onboarded: which accounts in which regions, and the platform that they have to arrive at.
import { randomBytes } from 'node:crypto';
import { readEnvironment, type BankAccount, type BankConfig } from '../shared/config.ts';
import { openSearchClient } from '../shared/opensearch/client.ts';
import { probesOf, type Probe } from '../shared/onboard/probes.ts';
import type { Sessions } from '../shared/onboard/sessions.ts';
import type { Target } from '../shared/onboard/steps.ts';
import { verifyProbes, type ProbeResult } from '../shared/onboard/verify.ts';
import { accountRegions, inRegion, regionsOf } from '../shared/organization/config.ts';
import { readDuration } from '../shared/search/time.ts';
import { expectedSources } from '../shared/status/expected.ts';
import { output, stackOutputs } from './deployed.ts';

export interface VerifyTarget {
  readonly sessions: Sessions;
  readonly timeout: string;
  readonly url?: string | undefined;
  readonly tell: (result: ProbeResult) => void;
}

/** @throws MisconfiguredError where a region's security stack is not there; as OpenSearch and S3 do. */
export async function verifyTarget(target: Target, bank: BankConfig, options: VerifyTarget): Promise<readonly ProbeResult[]> {
  const regions = target.kind === 'region' ? [target.region] : regionsOf(bank);
  const results: ProbeResult[] = [];
  for (const region of regions) {
    const there = inRegion(bank, region);
    const accounts = there.accounts.filter(
      (one) => accountRegions(bank, one).includes(region) && (target.kind !== 'account' || one.id === target.account),
    );
    for (const account of accounts) results.push(...(await verifyAccount(there, account, options)));
  }
  return results;
}

async function verifyAccount(bank: BankConfig, account: BankAccount, options: VerifyTarget): Promise<readonly ProbeResult[]> {
  const { sessions, timeout, url: given, tell } = options;
  const timeoutMs = readDuration('--timeout', timeout);
  const security = await sessions.of(bank.security_account, bank.region);
  const session = await sessions.of(account.id, bank.region);
  const outputs = await stackOutputs(security.cloudFormation, bank.bank);
  const client = openSearchClient(given ?? output(outputs, 'OpenSearchUrl'), bank.region);
  try {
    return await verifyProbes(
      probes(bank, account),
      {
        ...{ bank, client, security, session, timeoutMs },
        vault: { s3: security.s3, bucket: output(outputs, 'VaultBucket') },
        bucketOf: (name) => output(outputs, name),
        ...(readEnvironment().endpoint === undefined ? {} : { pollMs: LOCAL_POLL_MS }),
      },
      tell,
    );
  } finally {
    await client.close();
  }
}

/** Nothing is throttled where AWS is emulated. */
const LOCAL_POLL_MS = 1000;

function probes(bank: BankConfig, account: BankAccount): readonly Probe[] {
  const where = { account: account.id, region: bank.region, time: Date.now() };
  return probesOf({ bank, account, sources: expectedSources(bank, account), where, newId: () => randomBytes(8).toString('hex') });
}
