// `strongroom erase`: what was sealed under the key of a class and month becomes unreadable for good.
import type { Writable } from 'node:stream';
import { MisconfiguredError } from '../../shared/errors.ts';
import { eraseKey, keyState, type EraseDeps, type Erased } from '../../shared/retention/erase.ts';
import { planErasure, type ErasePlan } from '../../shared/retention/erase-plan.ts';
import { openOnes, readHolds, scopeText } from '../../shared/retention/holds.ts';
import { checkedReason } from '../../shared/seal/access.ts';
import { periodKeyPlace, PSEUDONYMS } from '../../shared/seal/period-key-store.ts';
import { KEY_MAX_AGE_MS } from '../../shared/seal/period-keys.ts';
import { bankVault } from '../vault.ts';

export interface ErasePlanOptions {
  readonly bank: string;
  readonly class: string;
  readonly period: string;
  readonly beforeRetention?: boolean | undefined;
  readonly json?: boolean | undefined;
}

export interface EraseReasons {
  readonly reason: string;
  readonly legalBasis: string;
  /** What is to be erased, typed once more. */
  readonly confirm?: string | undefined;
}

/** Says what would be erased and what stands against it. @returns the exit code: 1 if something does. */
export async function erasePlan(options: ErasePlanOptions, out: Writable = process.stdout): Promise<number> {
  const { vault, keyStore: keys } = await bankVault(options.bank);
  const plan = await planErasure(options.class, options.period, { vault, keys });
  out.write(options.json === true ? `${JSON.stringify(planJson(plan, options))}\n` : planText(plan, options));
  return obstacles(plan, options).length > 0 || plan.key.state === 'absent' ? 1 : 0;
}

/** Erases. @returns the exit code. @throws MisconfiguredError saying what stands against it; nothing was destroyed then. */
export async function eraseApply(options: ErasePlanOptions & EraseReasons, out: Writable = process.stdout): Promise<number> {
  const { vault, keyStore: keys, by } = await bankVault(options.bank);
  return await eraseMonth(options, { vault, keys, by: await by() }, out);
}

export async function eraseMonth(options: Omit<ErasePlanOptions, 'bank'> & EraseReasons, deps: EraseDeps, out: Writable): Promise<number> {
  const { reason, legalBasis } = checkedReasons(options);
  const plan = await planErasure(options.class, options.period, deps);
  if (plan.key.state !== 'erased') {
    const reasons = obstacles(plan, options);
    if (reasons.length > 0)
      throw new MisconfiguredError(`${plan.place.name} is not erased:\n${reasons.map((one) => `  - ${one}`).join('\n')}`);
    confirmed(options.confirm, `${options.class}/${options.period}`, `${plan.found.versions} versions of evidence can never be read again`);
  }
  const { versions, bytes, lockedUntil } = plan.found;
  const about = {
    evidence: { versions, bytes, ...(lockedUntil === undefined ? {} : { locked_until: new Date(lockedUntil).toISOString() }) },
    before_retention: plan.tooEarly.length > 0,
  };
  const erased = await eraseKey({ ...options, reason, legalBasis, about, objection: plan.objection }, deps);
  out.write(erasedText(`${plan.place.name}: ${versions} versions of evidence`, erased));
  return 0;
}

/** Destroys the secret of the present generation of pseudonyms. @returns the exit code. */
export async function erasePseudonyms(options: { readonly bank: string } & EraseReasons, out: Writable = process.stdout): Promise<number> {
  const { vault, keyStore: keys, by } = await bankVault(options.bank);
  return await eraseGeneration(options, { vault, keys, by: await by() }, out);
}

export async function eraseGeneration(options: EraseReasons, deps: EraseDeps, out: Writable): Promise<number> {
  const { reason, legalBasis } = checkedReasons(options);
  const period = await presentGeneration(deps);
  if (period === undefined) throw new MisconfiguredError('there is no key of pseudonyms: none were made yet');
  // Which values were replaced nobody can say afterwards, so any hold may be about them.
  const objection = async (): Promise<string | undefined> => {
    const [hold] = openOnes(await readHolds(deps.vault));
    return hold === undefined ? undefined : `legal hold ${hold.id} is open (${scopeText(hold.scope)})`;
  };
  const held = await objection();
  if (held !== undefined) throw new MisconfiguredError(`the pseudonyms are not erased: ${held}`);
  confirmed(
    options.confirm,
    `${PSEUDONYMS}/${period}`,
    'nobody can say any more whose the pseudonyms so far are; the same value gets another one from then on',
  );
  const erased = await eraseKey({ class: PSEUDONYMS, period, reason, legalBasis, about: {}, objection }, deps);
  out.write(erasedText(`generation ${period} of the pseudonyms`, erased));
  out.write(`functions make those of the next generation within ${KEY_MAX_AGE_MS / 60_000} minutes\n`);
  return 0;
}

/** @returns the first generation that was not wholly erased; undefined where none was made. */
async function presentGeneration({ keys }: EraseDeps): Promise<string | undefined> {
  for (let generation = 1; ; generation++) {
    const period = String(generation).padStart(4, '0');
    const { state, versions } = await keyState(keys, periodKeyPlace(keys.bank, PSEUDONYMS, period));
    if (state === 'absent') return undefined;
    if (state === 'present' || versions.length > 0) return period;
  }
}

function checkedReasons({ reason, legalBasis }: EraseReasons): { readonly reason: string; readonly legalBasis: string } {
  const basis = legalBasis.trim();
  if (basis.length < 3) throw new MisconfiguredError('--legal-basis must name the law, order or decision that asks for it');
  return { reason: checkedReason(reason), legalBasis: basis };
}

function confirmed(given: string | undefined, wanted: string, consequence: string): void {
  if (given === wanted) return;
  throw new MisconfiguredError(
    `${consequence}. If that is meant, say --confirm ${wanted}${given === undefined ? '' : ` (found "${given}")`}`,
  );
}

function obstacles({ against, tooEarly }: ErasePlan, { beforeRetention }: Pick<ErasePlanOptions, 'beforeRetention'>): readonly string[] {
  return [...against, ...(beforeRetention === true ? [] : tooEarly.map((one) => `${one} (--before-retention overrules it)`))];
}

function planText(plan: ErasePlan, options: ErasePlanOptions): string {
  const { place, key, found } = plan;
  const lines = [
    `period key  ${place.name}: ${stateText(plan)}`,
    ...key.versions.flatMap(({ version, sha256 }) =>
      sha256 === undefined ? [] : [`            version ${version}, SHA-256 of the wrapped key ${sha256}`],
    ),
    `evidence    ${found.versions} versions, ${found.bytes} bytes of ciphertext`,
    `locked      ${found.lockedUntil === undefined ? 'nothing' : `until ${new Date(found.lockedUntil).toISOString()}`}`,
    ...obstacles(plan, options).map((one) => `against it  ${one}`),
  ];
  return `${lines.join('\n')}\n`;
}

function stateText({ key }: ErasePlan): string {
  if (key.state === 'absent') return 'there is none, nothing was sealed under it';
  return key.state === 'present' ? 'is there' : `erased on ${key.at.slice(0, 10)} (${key.statement})`;
}

function planJson(plan: ErasePlan, options: ErasePlanOptions): object {
  const { place, key, found, tooEarly } = plan;
  const locked = found.lockedUntil === undefined ? undefined : new Date(found.lockedUntil).toISOString();
  return {
    key: place.name,
    ...key,
    evidence: { versions: found.versions, bytes: found.bytes, locked_until: locked, held: found.held },
    against: obstacles(plan, options),
    too_early: tooEarly,
  };
}

function erasedText(what: string, { intent, proof, destroyed }: Erased): string {
  const hashes = destroyed.flatMap(({ sha256 }) => sha256 ?? []).join(', ');
  return `erased ${what}\n  wrapped key destroyed, SHA-256 ${hashes}\n  before ${intent}\n  after  ${proof}\n`;
}
