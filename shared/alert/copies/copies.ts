// Copies of what was told: an event for ticketing, Security Hub, the provider's bus. They are made after the message is out and never hold it up; what
// fails is tried again for a day, without a second message. https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
import type { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import type { SecurityHubClient } from '@aws-sdk/client-securityhub';
import { errorFields, type Log } from '../../observe/log.ts';
import { findingsBus } from '../../provider/provider.ts';
import { untilWritten, writeItems } from '../claims.ts';
import type { Episode } from '../episode.ts';
import { episodeWrite, readHeld, type Held, type Ledger } from '../ledger.ts';
import { alertId, findingKey } from '../message.ts';
import type { Copy } from '../settings.ts';
import { withoutSecrets } from '../tlp.ts';
import { putEvent } from './event-bus.ts';
import { forwardEvent } from './forward.ts';
import { homeBus, mayGoHome } from './home.ts';
import { HOME_SOURCE } from './names.ts';
import { importFinding } from './security-hub.ts';

export interface CopyDeps {
  readonly events: EventBridgeClient;
  /** Of the region that the provider's bus is in: EventBridge takes events for buses of its own region only. */
  readonly provider: EventBridgeClient;
  /** Of the bank's home region. */
  readonly home: EventBridgeClient;
  readonly securityHub: SecurityHubClient;
}

const MINUTE_MS = 60_000;
const LONGEST_WAIT_MS = 60 * MINUTE_MS;
/** About a day. */
const MAX_TRIES = 30;

export interface CopyRun extends Ledger {
  readonly copies: CopyDeps;
  readonly log: Pick<Log, 'warn' | 'error'>;
}

/** Makes each that is owed. @returns how many were made, and how many failed. Never throws for a copy. */
export async function makeCopies(held: Held, deps: CopyRun): Promise<{ readonly made: number; readonly failed: number }> {
  const { episode, stored } = held;
  const left: Copy[] = [];
  for (const copy of episode.owed) {
    try {
      await makeCopy(copy, held, deps);
    } catch (error) {
      left.push(copy);
      const isGivenUp = episode.tries + 1 >= MAX_TRIES;
      deps.log[isGivenUp ? 'error' : 'warn'](isGivenUp ? 'a copy of an alert is given up' : 'a copy of an alert failed', {
        copy,
        finding: episode.uid.slice(0, 100),
        tries: episode.tries + 1,
        ...errorFields(error),
      });
    }
  }
  await noteCopies(stored.id, held, left, deps);
  return { made: episode.owed.length - left.length, failed: left.length };
}

/** Where there is more to tell meanwhile, its copies are owed all the same. */
async function noteCopies(id: string, held: Held, left: readonly Copy[], deps: CopyRun): Promise<void> {
  let current: Held | undefined = held;
  await untilWritten(`alert ${id}`, async () => {
    if (current === undefined || current.episode.revision !== held.episode.revision) return true;
    if (await writeItems(deps.claims, [episodeWrite(current.stored, afterCopies(current.episode, left, deps.now()), deps)])) return true;
    current = await readHeld(deps, id);
    return undefined;
  });
}

function afterCopies(episode: Episode, left: readonly Copy[], now: number): Episode {
  const tries = episode.tries + 1;
  if (left.length === 0 || tries >= MAX_TRIES) return { ...episode, owed: [], tries: 0, retryAt: 0 };
  return { ...episode, owed: left, tries, retryAt: now + Math.min(LONGEST_WAIT_MS, MINUTE_MS * 2 ** (tries - 1)) };
}

async function makeCopy(copy: Copy, { episode, snapshot }: Held, { bank, copies }: CopyRun): Promise<void> {
  const finding = withoutSecrets(snapshot.finding);
  const alert = alertId(findingKey(snapshot.finding, bank.bank, snapshot.way), snapshot.finding.severity_id, episode.revision);
  const told = { alert, action: episode.owedAction ?? 'create', bank: bank.bank };
  const { alerts } = bank;
  const provider = findingsBus(bank);
  if (copy === 'event_bus' && alerts.event_bus !== undefined)
    await putEvent(copies.events, alerts.event_bus, { ...told, evidence: snapshot.evidence, finding });
  if (copy === 'forward' && provider !== undefined) await forwardEvent(copies.provider, provider.arn, { ...told, finding });
  const home = homeBus(bank);
  if (copy === 'home' && home !== undefined && mayGoHome(bank, finding))
    await forwardEvent(copies.home, home.arn, { ...told, finding }, HOME_SOURCE);
  if (copy === 'security_hub') await importFinding(copies.securityHub, { bank, finding, episode });
}
