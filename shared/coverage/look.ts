// One account in one region: all that can be without a log is looked at, and what may be is switched on.
import { balancers } from './balancers.ts';
import { databases } from './databases.ts';
import { detectors, recorders } from './detectors.ts';
import { distributions } from './distributions.ts';
import type { Gap, Look, Place } from './gap.ts';
import { logGroups } from './log-groups.ts';
import type { Found } from './note.ts';
import { vpcs } from './vpcs.ts';
import { cloudFrontAcls, webAcls } from './web-acls.ts';

/** In every region. */
const REGIONAL: Readonly<Record<string, Look>> = { vpcs, balancers, webAcls, databases, logGroups, recorders, detectors };
/** In the home region only. */
const GLOBAL: Readonly<Record<string, Look>> = { distributions, cloudFrontAcls };

/** Of what nobody could say, because the account could not be entered at all. */
const ENTER = 'enter';

export interface LookedAt {
  readonly found: readonly Found[];
  readonly able: readonly string[];
  readonly all: readonly string[];
  /** What failed and may not the next time. */
  readonly failed: readonly string[];
  readonly switchedOn: number;
}

export interface LookOptions {
  readonly switchOn: boolean;
  readonly isHome: boolean;
}

interface Where {
  readonly account: string;
  readonly region: string;
}

/** @param enter gives the place with its clients. Never throws what AWS says: one account that refuses stops no other. */
export async function lookAt(where: Where, enter: () => Promise<Place>, { switchOn, isHome }: LookOptions): Promise<LookedAt> {
  const looks = Object.entries(isHome ? { ...REGIONAL, ...GLOBAL } : REGIONAL);
  const all = [ENTER, ...looks.map(([name]) => name)].map((name) => byOf(where, name));
  const result = { found: [] as Found[], able: [] as string[], all, failed: [] as string[], switchedOn: 0 };
  const refusedBy = (name: string, error: unknown): void => {
    const text = `${name}: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`;
    if (isRefusal(error)) result.found.push(blind(where, name, text));
    else result.failed.push(`${where.account} ${text}`);
  };
  try {
    const place = await enter();
    result.able.push(byOf(where, ENTER));
    for (const [name, look] of looks) {
      try {
        for (const gap of await look(place)) {
          const found = await settle(gap, { ...where, by: byOf(where, name) }, switchOn);
          if (found.isOn) result.switchedOn++;
          result.found.push(found);
        }
        result.able.push(byOf(where, name));
      } catch (error) {
        refusedBy(name, error);
      }
    }
  } catch (error) {
    refusedBy(ENTER, error);
  }
  return result;
}

async function settle({ switchOn: act, ...gap }: Gap, where: Where & Pick<Found, 'by'>, isWanted: boolean): Promise<Found> {
  if (act === undefined || !isWanted) return { ...gap, ...where, isOn: false };
  try {
    await act();
    return { ...gap, ...where, isOn: true };
  } catch (error) {
    const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return { ...gap, ...where, detail: `${gap.detail}; it could not be switched on: ${why}`, isOn: false };
  }
}

function byOf({ account, region }: Where, name: string): string {
  return `${account} ${region} ${name}`;
}

/** It is over once the same look succeeds. */
function blind(where: Where, name: string, detail: string): Found {
  const { account, region } = where;
  return {
    kind: 'account_blind',
    source: 'strongroom',
    resource: `${account}/${region}/${name}`,
    detail,
    ...where,
    by: byOf(where, name),
    isOn: false,
  };
}

const THROTTLED = /Throttl|TooManyRequests|RequestLimitExceeded|SlowDown/;

/** Whether AWS has answered and will answer the same the next time; anything else may pass. */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof Error) || THROTTLED.test(error.name)) return false;
  const status = '$metadata' in error ? (error.$metadata as { readonly httpStatusCode?: number }).httpStatusCode : undefined;
  return status !== undefined && status >= 400 && status < 500 && status !== 429;
}
