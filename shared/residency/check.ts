// Whether a record may be taken in this stack's region at all: asked of every mapped event, so it costs one look-up, and not even that behind an
// event of the same place. What may not be taken is parked without its text: see docs/RESIDENCY.md.
// https://schema.ocsf.io/1.8.0/objects/cloud
import type { BankConfig } from '../config.ts';
import type { OcsfEvent, Origin } from '../model.ts';
import type { Transform } from '../normalise.ts';
import { isObject, object, reject, text, value } from '../outcome.ts';
import { GLOBAL_REGIONS, isOfGlobalService, NO_REGION } from './global.ts';
import type { ResidencyClass } from './policy.ts';
import { isRegion } from './regions.ts';
import { mayLive, mayMove, mayTakeGlobal, policiesOf } from './rules.ts';

/** Account and region that a refused record is about. */
export interface RefusedPlace {
  readonly account: string;
  /** `other` where it is no region of AWS. */
  readonly region: string;
}

export interface Residence {
  readonly transforms: readonly Transform[];
  /** Whether what cannot be read of the unit is parked without its text too: by the unit's origin it may not be here. */
  readonly withheld: boolean;
  /** @returns what was refused so far, each place once. */
  refused(): readonly RefusedPlace[];
}

type Verdict = 'taken' | 'global' | 'refused';

const FINDINGS_CATEGORY = 2;
const ACCOUNT = /^\d{12}$/;
/** Whoever writes records chooses what they say of themselves; what comes beyond is refused and counted all the same. */
const MAX_PLACES = 50;
/** Accounts of which answers are kept; more than any bank has. */
const MAX_KNOWN = 10_000;
const NOWHERE: Residence = { transforms: [], withheld: false, refused: () => [] };

/** @param bank as its stack in this region has it. @returns what keeps records of this unit out; nothing where the bank has no rules. */
export function residenceOf(bank: BankConfig, origin: Origin): Residence {
  if (bank.residency === undefined) return NOWHERE;
  const verdicts = { logs: createVerdicts(bank, 'logs'), findings: createVerdicts(bank, 'findings') };
  const refused = new Map<string, RefusedPlace>();
  /** What was taken last: neighbours are mostly of one place. */
  let last = { account: '', region: '', category: 0 };

  function refuse(account: string, region: string, className: ResidencyClass): ReturnType<Transform> {
    const place = { account: ACCOUNT.test(account) ? account : 'unknown', region: isRegion(region) ? region : 'other' };
    if (refused.size < MAX_PLACES) refused.set(`${place.account} ${place.region}`, place);
    const names = policiesOf(bank, account).policies.map(({ name }) => name);
    return reject(
      'residency',
      `${className} of account ${place.account} in ${place.region} may not be in ${bank.region} (${names.join(', ')})`,
    );
  }

  function check(event: OcsfEvent): ReturnType<Transform> {
    const { cloud, category_uid: category } = event;
    const isAws = isObject(cloud) && cloud['provider'] === 'AWS';
    // Regions of other clouds are none that a policy names: their records are where they were delivered.
    const account = (isAws ? text(object(cloud['account'])?.['uid']) : undefined) ?? origin.account;
    const region = (isAws ? text(cloud['region']) : undefined) ?? origin.region;
    if (region === last.region && account === last.account && category === last.category) return value(event);
    const className = category === FINDINGS_CATEGORY ? 'findings' : 'logs';
    const verdict = verdicts[className](account, region);
    if (verdict === 'taken') {
      last = { account, region, category };
      return value(event);
    }
    return verdict === 'global' && isOfGlobalService(event, origin.source) ? value(event) : refuse(account, region, className);
  }

  return {
    transforms: [check],
    withheld: verdicts.logs(origin.account, origin.region) !== 'taken',
    refused: () => [...refused.values()],
  };
}

/** Answers are kept: few accounts and regions speak in a unit, and far more records. */
function createVerdicts(bank: BankConfig, className: ResidencyClass): (account: string, region: string) => Verdict {
  const known = new Map<string, Map<string, Verdict>>();
  return (account, region) => {
    const before = known.get(account)?.get(region);
    if (before !== undefined) return before;
    const verdict = decide(bank, { account, region, className });
    // What no policy can name is not kept: somebody may make up any number of names.
    if (!isRegion(region)) return verdict;
    if (known.size >= MAX_KNOWN) known.clear();
    const ofAccount = known.get(account) ?? new Map<string, Verdict>();
    known.set(account, ofAccount.set(region, verdict));
    return verdict;
  };
}

interface Question {
  readonly account: string;
  readonly region: string;
  readonly className: ResidencyClass;
}

/** What is kept here must be allowed to live here; what comes from another region must be allowed there as well, and to move. */
function decide(bank: BankConfig, { account, region, className }: Question): Verdict {
  const here = bank.region;
  if (!mayLive(bank, account, className, here)) return 'refused';
  if (region === here) return 'taken';
  const global = mayTakeGlobal(bank, account);
  if (NO_REGION.has(region)) return global ? 'taken' : 'refused';
  if (mayLive(bank, account, className, region) && mayMove(bank, account, className, region, here)) return 'taken';
  return global && GLOBAL_REGIONS.has(region) ? 'global' : 'refused';
}
