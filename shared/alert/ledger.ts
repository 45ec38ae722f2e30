// The life of findings in the table: each is read and written as a whole, with the finding itself and the counts of the hour beside it.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html
import type { BankConfig } from '../config.ts';
import { longestLock } from '../retention/classes.ts';
import { readItems, type ClaimTable, type Stored, type Write } from './claims.ts';
import { AGAIN_MS, dueOf, heldBack, isEpisode, type Episode } from './episode.ts';
import { alertSettings, type AlertSettings } from './settings.ts';
import { claimMessage, isStorm, stormIds, summaryDue, type Storm } from './storm.ts';
import { packed, unpacked, type Snapshot } from './version.ts';

export interface Ledger {
  readonly bank: BankConfig;
  readonly claims: ClaimTable;
  /** ms since the epoch. */
  readonly now: () => number;
}

/** An episode as it was read, or as it was just written. */
export interface Held {
  readonly stored: Stored;
  readonly episode: Episode;
  /** The finding to be told, as it is to be told. */
  readonly snapshot: Snapshot;
}

const DAY_MS = 86_400_000;

/** Until when the table keeps what was alerted: as far back as replays may reach. */
export function keptUntil({ retention }: BankConfig, now: number): number {
  return now + Math.max(AGAIN_MS, longestLock(retention).days * DAY_MS);
}

export function episodeOf({ content }: Stored): Episode | undefined {
  return isEpisode(content) ? content : undefined;
}

export function snapshotId(id: string): string {
  return `${id}/finding`;
}

/** @returns undefined where there is none, or not all of it. */
export async function readHeld({ claims, now }: Ledger, id: string): Promise<Held | undefined> {
  const item = await readItems(claims, [id, snapshotId(id)], now());
  const [stored, snapshot] = [item(id), unpacked(item(snapshotId(id)).content)];
  const episode = episodeOf(stored);
  return episode === undefined || snapshot === undefined ? undefined : { stored, episode, snapshot };
}

/** @param listed lists by status have what people were told of, and what somebody has said something of. */
export function episodeWrite(before: Pick<Stored, 'id' | 'version'>, episode: Episode, { bank, now }: Pick<Ledger, 'bank' | 'now'>): Write {
  const isListed = episode.told > 0 || episode.changed !== undefined;
  return {
    ...{ before, content: episode, due: dueOf(episode), expires: keptUntil(bank, now()) },
    listed: isListed ? { list: episode.status, since: episode.opened } : undefined,
  };
}

export function snapshotWrite(
  before: Pick<Stored, 'id' | 'version'>,
  snapshot: Snapshot,
  { bank, now }: Pick<Ledger, 'bank' | 'now'>,
): Write {
  return { before, content: packed(snapshot), expires: keptUntil(bank, now()) };
}

/** Ids of the counts that a message of this rule has to be written to. */
export function stormItems(rule: string, now: number): readonly string[] {
  const { rule: ofRule, bank, critical } = stormIds(rule, now);
  return [ofRule, bank, critical];
}

export interface Capped {
  readonly episode: Episode;
  readonly writes: readonly Write[];
}

/** Whether what is pending may be a message, and the counts that go with it. What is silent already counts nowhere. */
export function capped(
  episode: Episode,
  item: (id: string) => Stored,
  { bank, now, settings = alertSettings(bank) }: { readonly bank: BankConfig; readonly now: number; readonly settings?: AlertSettings },
): Capped {
  const { pending } = episode;
  if (pending === undefined || pending.silent) return { episode, writes: [] };
  const storm = (id: string): Storm | undefined => {
    const { content } = item(id);
    return isStorm(content) ? content : undefined;
  };
  const { granted, isLast, storms } = claimMessage({ episode, bank: bank.bank, caps: settings.caps, now, storm });
  const writes = [...storms].map(([id, content]) => stormWrite(item(id), content));
  if (!granted) return { episode: heldBack(episode), writes };
  return { episode: { ...episode, pending: { ...pending, last: isLast } }, writes };
}

export function stormWrite(before: Pick<Stored, 'id' | 'version'>, storm: Storm): Write {
  const due = storm.held > 0 && !storm.isTold ? summaryDue(storm) : undefined;
  return { before, content: storm, due, expires: storm.hour + 3 * DAY_MS };
}
