// Nobody opens evidence without having said why: the statement is in the vault, and so in the log, before the first object is opened.
import { GetCallerIdentityCommand, type STSClient } from '@aws-sdk/client-sts';
import { MisconfiguredError } from '../errors.ts';
import type { JsonObject } from '../model.ts';
import { object, text } from '../outcome.ts';
import { putStatement, readStatement, type StatementVault } from './statements.ts';
import type { VaultSource } from './vault.ts';

/** What is being done with the evidence. */
export type Purpose = 'show' | 'verify' | 'export' | 'replay' | 'redrive' | 'erase' | 'hunt';

export interface AccessRequest {
  readonly vault: StatementVault;
  /** In the words of whoever opens it: a ticket, a case, an order. */
  readonly reason: string;
  readonly purpose: Purpose;
  /** Which evidence: keys, or bank, source, account, from, to. */
  readonly scope: JsonObject;
  /** See callerOf(); of a function: its name. */
  readonly by: string;
}

// Not exported: what carries it was made here.
const RECORDED = Symbol('recorded');

/** Proof that the access was recorded. Only recordAccess() makes one. */
export interface Access {
  readonly [RECORDED]: true;
  /** Vault key of the statement. */
  readonly statement: string;
  readonly reason: string;
  readonly purpose: Purpose;
  readonly by: string;
}

const SHORTEST = 3;
const LONGEST = 1000;

/** @throws MisconfiguredError where no reason is given. */
export async function recordAccess({ vault, reason: given, purpose, scope, by }: AccessRequest): Promise<Access> {
  const reason = checkedReason(given);
  const { key } = await putStatement(vault, 'access', { who: by, purpose, reason, scope });
  return { [RECORDED]: true, statement: key, reason, purpose, by };
}

/**
 * For a function that does the work of somebody who has said why already.
 * @param scope members that the statement's scope must have, as it was recorded.
 * @throws EvidenceError where there is no such statement; MisconfiguredError where it was said of something else.
 */
export async function recordedAccess(
  vault: VaultSource,
  statement: string,
  { purpose, scope }: { readonly purpose: Purpose; readonly scope: JsonObject },
): Promise<Access> {
  const { kind, body } = await readStatement(vault, statement);
  const recorded = object(body['scope']);
  const [reason, by] = [text(body['reason']), text(body['who'])];
  const isOfScope = Object.entries(scope).every(([name, value]) => JSON.stringify(recorded?.[name]) === JSON.stringify(value));
  if (kind !== 'access' || body['purpose'] !== purpose || !isOfScope || reason === undefined || by === undefined)
    throw new MisconfiguredError(`${statement} is not the access to evidence that was recorded for this ${purpose}`);
  return { [RECORDED]: true, statement, reason, purpose, by };
}

/** @returns the reason as it is recorded. @throws MisconfiguredError where it says nothing. */
export function checkedReason(given: string | undefined): string {
  const reason = given?.trim() ?? '';
  if (reason.length < SHORTEST || reason.length > LONGEST)
    throw new MisconfiguredError(
      `--reason must say why, in ${SHORTEST} to ${LONGEST} characters: it is recorded in the vault for as long as evidence is`,
    );
  return reason;
}

/** @returns the ARN of whoever has these credentials: an assumed role's carries the name of the session. */
export async function callerOf(sts: STSClient): Promise<string> {
  const { Arn } = await sts.send(new GetCallerIdentityCommand({}));
  if (Arn === undefined) throw new MisconfiguredError('STS does not say who has these credentials');
  return Arn;
}
