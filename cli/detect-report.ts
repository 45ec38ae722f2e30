// What `strongroom detect` counts and prints: a table for people, or one line of JSON per rule. https://jsonlines.org/
import { firstAt, pathOf, viewOf } from '../shared/detect/view.ts';
import { LEVELS, type Correlation, type Rule } from '../shared/detect/sigma/rule.ts';
import type { OcsfEvent } from '../shared/model.ts';
import { text } from '../shared/outcome.ts';
import type { RuleSet } from './detect-rules.ts';

/** What one rule or correlation was met by. */
export interface Tally {
  matches: number;
  /** Time of the first and the last event, ms since the epoch. */
  first: number;
  last: number;
  /** Who, as often as each; those beyond the most that are kept are not counted. */
  readonly who: Map<string, number>;
}

export interface Tallies {
  of(id: string): Tally | undefined;
  add(id: string, time: number, who: string | undefined): void;
}

const MAX_WHO = 1000;

export function createTallies(): Tallies {
  const tallies = new Map<string, Tally>();
  return {
    of: (id) => tallies.get(id),
    add(id, time, who) {
      const tally = tallies.get(id) ?? { matches: 0, first: time, last: time, who: new Map<string, number>() };
      tallies.set(id, tally);
      tally.matches++;
      tally.first = Math.min(tally.first, time);
      tally.last = Math.max(tally.last, time);
      if (who !== undefined && (tally.who.has(who) || tally.who.size < MAX_WHO)) tally.who.set(who, (tally.who.get(who) ?? 0) + 1);
    },
  };
}

const WHO = ['actor.user.uid', 'user.uid', 'actor.user.name', 'user.name', 'src_endpoint.ip', 'actor.app_name'].map(pathOf);

/** @returns who did it: the first of user, address and application that the event has. */
export function whoOf(event: OcsfEvent): string | undefined {
  const view = viewOf(event);
  for (const path of WHO) {
    const found = text(firstAt(view, path));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Rules that were not met are among them. */
export function jsonLines({ rules, correlations }: RuleSet, tallies: Tallies): readonly string[] {
  return [...rules, ...correlations].map(({ id, title }) => JSON.stringify({ id, title, matches: tallies.of(id)?.matches ?? 0 }));
}

const HEAD = ['level', 'matches', 'first', 'last', 'rule', 'who'] as const;
const MAX_TITLE = 60;
const MAX_SHOWN = 2;

/** What was met, the gravest first; rules that only serve correlations are not told. */
export function tableLines({ rules, correlations, silent }: RuleSet, tallies: Tallies): readonly string[] {
  const met = [...rules, ...correlations]
    .flatMap((rule) => {
      const tally = silent.has(rule.id) ? undefined : tallies.of(rule.id);
      return tally === undefined ? [] : [{ rule, tally }];
    })
    .sort((one, other) => rank(other.rule) - rank(one.rule) || other.tally.matches - one.tally.matches);
  if (met.length === 0) return ['no rule was met'];
  const rows = [HEAD, ...met.map(({ rule, tally }) => row(rule, tally))];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)));
  return rows.map((cells) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function rank({ level }: Rule | Correlation): number {
  return LEVELS.indexOf(level);
}

function row({ level, title }: Rule | Correlation, { matches, first, last, who }: Tally): readonly string[] {
  const often = [...who].sort(([, one], [, other]) => other - one).map(([name]) => printable(name));
  const more = often.length > MAX_SHOWN ? ` and ${often.length - MAX_SHOWN} more` : '';
  return [level, String(matches), timeOf(first), timeOf(last), cut(printable(title)), `${often.slice(0, MAX_SHOWN).join(', ')}${more}`];
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d{3}/, '');
}

function cut(title: string): string {
  return title.length > MAX_TITLE ? `${title.slice(0, MAX_TITLE - 1)}…` : title;
}

/** Whoever is logged chooses his name: nothing of it is to reach the terminal as a command. */
function printable(name: string): string {
  return name.replaceAll(/[^\P{C}]/gu, '?');
}
