// Markdown that several dashboards share. https://docs.opensearch.org/latest/dashboards/visualize/viz-index/
import { PREFIX, searchId } from '../ids.ts';

/** Name and short title of each dashboard, in the order in which they are offered. */
export const NAMES = {
  overview: 'Overview',
  identities: 'Sign-ins',
  api: 'API',
  network: 'Network',
  web: 'Web',
  findings: 'Findings',
  compliance: 'Compliance',
  payments: 'Payments',
  exfiltration: 'Exfiltration',
  platform: 'Platform',
  evidence: 'Evidence',
} as const;

export type DashboardName = keyof typeof NAMES;

/** @returns what to do, and below it the way to the other dashboards. */
export function guide(here: DashboardName, ...lines: readonly string[]): string {
  return `${lines.join('\n')}\n\n${ways(here)}`;
}

function ways(here: DashboardName): string {
  return Object.entries(NAMES)
    .map(([name, title]) => (name === here ? `**${title}**` : `[${title}](#/view/${PREFIX}${name})`))
    .join(' · ');
}

/** Link to a saved search. Dashboards and Discover lie beside each other below `app/`. */
export function toSearch(name: string, title: string): string {
  return `[${title}](data-explorer/discover#/view/${searchId({ name })})`;
}
