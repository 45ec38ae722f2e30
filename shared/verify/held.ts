// Which evidence is to be under S3's legal hold: by statements that the log has. https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html
import { holdsFrom, isHeld, openOnes, scopeOf, type HoldScope } from '../retention/holds.ts';
import { parseStatement, type Statement } from '../seal/statements.ts';
import { placeOfKey } from '../seal/vault.ts';

/** Setting a hold takes its time, and what arrives meanwhile is held by the second look of `hold set`. */
const GRACE_MS = 60 * 60_000;

/** @param statements contents of statements, each found to be what the log says; those of other kinds are passed over. */
export function openHoldsOf(statements: readonly { readonly key: string; readonly text: string }[], now: number): readonly HoldScope[] {
  const said = statements.map(({ key, text }) => parseStatement(key, text));
  const of = (kind: Statement['kind']): readonly Statement[] => said.filter((statement) => statement.kind === kind);
  // One that does not say what it holds, holds nothing.
  const set = of('hold').filter(({ body }) => scopeOf(body['scope']) !== undefined);
  const open = openOnes(holdsFrom(set, of('release')));
  return open.filter(({ at }) => at < now - GRACE_MS).map(({ scope }) => scope);
}

/** @param key of evidence. */
export function isToBeHeld(holds: readonly HoldScope[], key: string): boolean {
  if (holds.length === 0) return false;
  const place = placeOfKey(key);
  return holds.some((scope) => isHeld(scope, place));
}
