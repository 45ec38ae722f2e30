// A finding in the table, by what people call it. https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
import { text } from '../outcome.ts';
import { readItems } from './claims.ts';
import type { FindingStatus } from './episode.ts';
import { EPISODE_PREFIX, pointerId } from './hits.ts';
import { readHeld, type Held, type Ledger } from './ledger.ts';
import { ownFindingKey } from './message.ts';

export type FindingChange = 'ack' | 'close' | 'reopen' | 'suppress';
export const CHANGES: Readonly<Record<FindingChange, FindingStatus>> = {
  ack: 'acknowledged',
  close: 'closed',
  reopen: 'new',
  suppress: 'suppressed',
};

/** @param name the id in an alert: of a finding of ours its uid, of others the key. @returns undefined where nothing was alerted under it. */
export async function findHeld(ledger: Ledger, name: string): Promise<Held | undefined> {
  const { claims, bank, now } = ledger;
  const pointer = pointerId(ownFindingKey(name, bank.bank));
  const item = await readItems(claims, [EPISODE_PREFIX + name, pointer], now());
  const id = item(EPISODE_PREFIX + name).content === undefined ? text(item(pointer).content?.['of']) : EPISODE_PREFIX + name;
  return id === undefined ? undefined : await readHeld(ledger, id);
}
