// Tells what is pending of a finding: into the hub, then on the topic, then it is written down that it is told. Whoever holds the lease does it;
// a worker that fails gives the lease back, one that dies loses it. https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import { RetryableError } from '../errors.ts';
import type { HubTarget } from '../hub/publish.ts';
import { untilWritten, writeItems } from './claims.ts';
import { afterTelling, LEASE_MS, type Episode } from './episode.ts';
import { episodeWrite, readHeld, type Held, type Ledger } from './ledger.ts';
import { messageOf, plainMessage, type AlertMessage } from './message.ts';
import { publishFinding } from './publish.ts';
import { copiesOf } from './settings.ts';
import { isPublished } from './version.ts';

export interface TellDeps extends Ledger {
  readonly sns: SNSClient;
  readonly topicArn: string;
  readonly hub: HubTarget;
  readonly vaultBucket: string;
}

export interface Told {
  /** Put into the hub. */
  readonly published: boolean;
  readonly sent: boolean;
}

/**
 * @param held what is pending; its lease may be over, and another worker may be faster.
 * @throws RetryableError while another worker tells it; what AWS says where it cannot be told.
 */
export async function tell(held: Held, deps: TellDeps, done: { readonly isPublished: boolean } = { isPublished: false }): Promise<Told> {
  const { episode, snapshot } = held;
  const { pending } = episode;
  if (pending === undefined) return { published: false, sent: false };
  const mine = episode.lease > deps.now() ? held : await leased(held, deps);
  const published = isPublished(episode) && !done.isPublished;
  try {
    if (published) await publishFinding(snapshot.finding, snapshot, deps.hub);
    if (!pending.silent) await send(messageOf(snapshot.finding, contextOf(mine, deps)), deps);
  } catch (error) {
    // Without it the next one waits until the lease ends: a pity, not a loss.
    // Free from now on, and behind all that is due already: what fails for ever must not keep the others waiting.
    await write(mine, { ...mine.episode, lease: deps.now() }, deps).catch(() => false);
    throw error;
  }
  await noteTold(mine, deps);
  return { published, sent: !pending.silent };
}

function contextOf({ episode, stored, snapshot }: Held, { bank, vaultBucket }: TellDeps) {
  const { evidence, way, origin } = snapshot;
  return { bank, vaultBucket, evidence, way, source: origin.source, told: { id: stored.id, episode } };
}

async function leased(held: Held, deps: TellDeps): Promise<Held> {
  const episode = { ...held.episode, lease: deps.now() + LEASE_MS };
  if (!(await write(held, episode, deps))) throw new RetryableError(`alert ${held.stored.id}: another worker is sending it`);
  return { ...held, episode, stored: { ...held.stored, version: held.stored.version + 1 } };
}

async function write({ stored }: Held, episode: Episode, deps: TellDeps): Promise<boolean> {
  return await writeItems(deps.claims, [episodeWrite(stored, episode, deps)]);
}

/** The message is out: whatever was counted meanwhile stays counted. */
async function noteTold(held: Held, deps: TellDeps): Promise<void> {
  const { revision, pending } = held.episode;
  let current = held;
  await untilWritten(`alert ${held.stored.id}`, async () => {
    const { episode } = current;
    const copies = copiesOf(deps.bank, episode.severity, episode.isOwn);
    if (await write(current, afterTelling(episode, copies, deps.now()), deps)) return true;
    const again = await readHeld(deps, held.stored.id);
    // Another one has told it, too.
    if (again?.episode.pending === undefined || again.episode.revision !== revision || again.episode.pending.at !== pending?.at)
      return true;
    current = again;
    return undefined;
  });
}

/** What SNS takes for wrong once is wrong for ever, and would hold up all that is behind it: then it goes out in plain words. */
const WRONG: ReadonlySet<string> = new Set(['InvalidParameterException', 'InvalidParameterValueException', 'InvalidParameter']);

export async function send(message: AlertMessage, to: Pick<TellDeps, 'sns' | 'topicArn'>): Promise<void> {
  try {
    await sendAsItIs(message, to);
  } catch (error) {
    if (!(error instanceof Error && WRONG.has(error.name))) throw error;
    await sendAsItIs(plainMessage(message), to);
  }
}

async function sendAsItIs(
  { subject, body, attributes }: AlertMessage,
  { sns, topicArn }: Pick<TellDeps, 'sns' | 'topicArn'>,
): Promise<void> {
  await sns.send(new PublishCommand({ TopicArn: topicArn, Subject: subject, Message: body, MessageAttributes: attributes }));
}
