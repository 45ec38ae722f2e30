// docs/RUNBOOK.md as its tests read it. https://commonmark.org/help/
import { readFileSync } from 'node:fs';

export interface Entry {
  /** Names of alarms after `strongroom-<bank>-`; `*` stands for any run of characters. */
  readonly alarms: readonly string[];
  readonly text: string;
}

const FILE = 'docs/RUNBOOK.md';

/** @returns the sections that begin with a heading of the level (## is 2), with their headings. */
function sections(markdown: string, level: number): readonly { readonly heading: string; readonly text: string }[] {
  const [, ...parts] = markdown.split(new RegExp(`^#{${level}} `, 'm'));
  return parts.map((part) => ({ heading: part.slice(0, part.indexOf('\n')), text: part.slice(part.indexOf('\n') + 1) }));
}

/** @returns the entries of the section "Alarms". */
export function entries(): readonly Entry[] {
  const alarms = sections(readFileSync(FILE, 'utf8'), 2).find(({ heading }) => heading === 'Alarms');
  return sections(alarms?.text ?? '', 3).map(({ heading, text }) => ({
    alarms: [...heading.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
    text,
  }));
}

/** @returns whether one of the names, as a heading has them, stands for the alarm. */
export function isNamed(alarm: string, names: readonly string[]): boolean {
  return names.some((name) => new RegExp(`^${name.replaceAll('*', '.+')}$`).test(alarm));
}

/** @returns every line of `npx strongroom …` that the runbook has, without what the shell does with it. */
export function commands(): readonly string[] {
  const joined = readFileSync(FILE, 'utf8').replace(/\\\n\s*/g, '');
  return [...new Set([...joined.matchAll(/npx strongroom [^`\n]*/g)].map(([found]) => found.replace(/ (?:#|> ).*$/, '')))];
}
