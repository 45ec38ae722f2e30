// The part of `strongroom investigate` about evidence: which commands show the sealed bytes behind a timeline.
import type { Investigation } from '../shared/search/investigation.ts';
import { oneLine } from '../shared/search/row.ts';
import { textsAt } from '../shared/search/value.ts';

export interface Sealed {
  readonly key: string;
  /** Document ids. */
  readonly events: readonly string[];
  readonly command: string;
}

/** @returns what findings say of the evidence of these events. */
export function sealedOf({ moments, finding }: Investigation, bank: string): readonly Sealed[] {
  const own = moments.filter(({ id }) => id === finding.id);
  const keys = [...new Set([...own, ...moments].flatMap(({ evidence }) => evidence ?? []))];
  return keys.map((key) => ({
    key,
    events: moments.filter(({ evidence }) => evidence === key).map(({ id }) => id),
    command: `npx strongroom evidence show ${key} --reason "${reasonOf(finding.id)}" --bank ${bank}`,
  }));
}

export function evidenceLines(found: Investigation, bank: string): readonly string[] {
  const sealed = sealedOf(found, bank);
  const others = found.moments.filter(({ evidence }) => evidence === undefined);
  return [
    'evidence',
    ...sealed.flatMap(({ events, command }) => [
      `  of ${events.length} of these events (${oneLine(events.slice(0, 3).join(', '))}${events.length > 3 ? ', …' : ''}):`,
      `    ${command}`,
    ]),
    ...(others.length === 0
      ? []
      : [
          `  ${sealed.length === 0 ? 'these events' : `the other ${others.length}`} do not name theirs; it lies by account and day of delivery, which is the event's or a later one:`,
          ...exportCommands(found, bank).map((command) => `    ${command}`),
          '    --source <name> narrows it (npx strongroom sources)',
        ]),
  ];
}

const ACCOUNT = /^\d{12}$/;
const DAY_MS = 86_400_000;

/** One command per account that events came from. */
export function exportCommands({ moments, finding }: Investigation, bank: string): readonly string[] {
  const others = moments.filter(({ evidence }) => evidence === undefined);
  const accounts = [...new Set(others.flatMap(({ event }) => textsAt(event, 'cloud.account.uid')))].filter((account) =>
    ACCOUNT.test(account),
  );
  const times = others.map(({ time }) => time);
  const [from, to] = [dayOf(Math.min(...times)), dayOf(Math.max(...times) + DAY_MS)];
  return accounts.map(
    (account) =>
      `npx strongroom evidence export --account ${account} --from ${from} --to ${to} --reason "${reasonOf(finding.id)}" --out evidence-${account} --bank ${bank}`,
  );
}

function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

/** Goes into a command that somebody pastes: products choose their own ids. */
function reasonOf(id: string): string {
  return /^[\w.:/-]{1,128}$/.test(id) ? `finding ${id}` : 'a finding';
}
