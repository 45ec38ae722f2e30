// What people say of a finding, as a request in the table: `strongroom finding` may write those and nothing else there, and IAM binds the id of each to
// who writes it. functions/alerts takes them, so that whatever is told is told by the platform.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html (dynamodb:LeadingKeys)
import { randomUUID } from 'node:crypto';
import { isObject, text } from '../outcome.ts';
import { writeItems, type ClaimTable, type Stored, type Write } from './claims.ts';
import { afterChange, STATUSES, type Change, type Episode, type FindingStatus } from './episode.ts';
import { EPISODE_PREFIX } from './hits.ts';

export const CHANGE_PREFIX = 'change/';
const DAY_MS = 86_400_000;
/** Requests are kept so long: who asked for what. */
const KEPT_MS = 400 * DAY_MS;
const LONGEST = 1000;

export interface ChangeRequest extends Change {
  /** Of the item of the finding. */
  readonly finding: string;
}

/** @returns the id of the request. */
export async function requestChange(claims: ClaimTable, request: ChangeRequest): Promise<string> {
  const id = `${CHANGE_PREFIX}${request.principal}/${randomUUID()}`;
  // Before all others: somebody waits.
  await writeItems(claims, [changeWrite({ id, version: 0 }, { ...request, format: 1 }, 0)]);
  return id;
}

function changeWrite(before: Pick<Stored, 'id' | 'version'>, content: object, due: number | undefined): Write {
  return { before, content, due, expires: Date.now() + KEPT_MS };
}

/** The request as it was carried out, or why it was not: it is not looked at again. */
export function changeDone({ id, version, content }: Stored, outcome: string): Write {
  return changeWrite({ id, version }, { ...content, outcome }, undefined);
}

/** @returns what became of a request; undefined: nothing yet. */
export function outcomeOf({ content }: Stored): string | undefined {
  return text(content?.['outcome']);
}

/** @returns undefined for what no command of ours wrote. Only who is vouched for counts: the id says so, the content might say anything. */
export function changeOf({ id, content }: Stored): ChangeRequest | undefined {
  if (!isObject(content)) return undefined;
  const { finding, status, reason, by, at, until } = content;
  const principal = id.slice(CHANGE_PREFIX.length, id.lastIndexOf('/'));
  const [said, who, about] = [text(reason), text(by), text(finding)];
  if (!isStatus(status) || said === undefined || who === undefined || about?.startsWith(EPISODE_PREFIX) !== true) return undefined;
  if (typeof at !== 'number' || about.includes('/finding') || principal === '') return undefined;
  return {
    finding: about,
    status,
    reason: said.slice(0, LONGEST),
    by: who.slice(0, LONGEST),
    principal,
    at,
    until: typeof until === 'number' ? until : undefined,
  };
}

function isStatus(candidate: unknown): candidate is FindingStatus {
  return STATUSES.some((status) => status === candidate);
}

/** @returns what the finding is then; undefined where it is so already. @param now ms since the epoch: requests cannot be dated. */
export function changed(before: Episode, request: ChangeRequest, now: number): Episode | undefined {
  const { status, reason, by, principal, until } = request;
  if (before.status === status && status !== 'suppressed') return undefined;
  return afterChange(before, { status, reason, by, principal, at: now, until });
}
