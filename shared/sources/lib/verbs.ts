// The kind of act that the name of an event tells: repo.create, user_created, FileDownloaded, Set-Mailbox.
// https://schema.ocsf.io/1.8.0/classes/api_activity (activity_id)
import { OTHER } from './audit.ts';

const CREATE = 1;
const READ = 2;
const UPDATE = 3;
const DELETE = 4;

/** Words in their plain form. */
const WORDS: ReadonlyMap<string, number> = new Map([
  ...verbs(CREATE, 'create new insert generate invite upload import register install publish copy enroll submit'),
  ...verbs(READ, 'read get view list search find download export access query fetch clone print preview browse evaluate'),
  ...verbs(UPDATE, 'update set change edit modify add rename move transfer enable disable activate deactivate suspend unsuspend'),
  ...verbs(UPDATE, 'push merge approve reject deny accept assign unassign attach detach reset rotate lock unlock archive unarchive'),
  ...verbs(UPDATE, 'restore start stop pause resume cancel open close reopen convert allow block unblock share unshare join leave'),
  ...verbs(UPDATE, 'confirm verify promote demote grant'),
  ...verbs(DELETE, 'delete remove destroy purge erase revoke uninstall deregister clear trash'),
]);

function verbs(activity: number, words: string): [string, number][] {
  return words.split(' ').map((word) => [word, activity]);
}

const SEPARATORS = /[^A-Za-z]+|(?<=[a-z])(?=[A-Z])/;
const MAX_NAME = 200;
const MAX_KNOWN = 10_000;
const known = new Map<string, number>();

/** @returns the activity of the last word in the name that is a verb; 99 where none is. Services have few names: each is looked at once. */
export function crudOf(name: string): number {
  const before = known.get(name);
  if (before !== undefined) return before;
  const found = name.length > MAX_NAME ? OTHER : lastVerb(name.split(SEPARATORS));
  if (known.size < MAX_KNOWN) known.set(name, found);
  return found;
}

function lastVerb(words: readonly string[]): number {
  for (let at = words.length - 1; at >= 0; at--) {
    const activity = verbOf((words[at] ?? '').toLowerCase());
    if (activity !== undefined) return activity;
  }
  return OTHER;
}

/** Plain, or in the past: deleted, created, added, modified. */
function verbOf(word: string): number | undefined {
  const plain = WORDS.get(word);
  if (plain !== undefined || !word.endsWith('ed')) return plain;
  return (
    WORDS.get(word.slice(0, -1)) ?? WORDS.get(word.slice(0, -2)) ?? (word.endsWith('ied') ? WORDS.get(`${word.slice(0, -3)}y`) : undefined)
  );
}
