// The demo's last screen.
import type { Answer } from './queries.ts';
import type { ReceivedAlert } from './alerts.ts';

export interface SourceRow {
  readonly source: string;
  readonly records: number;
  readonly events: number;
  readonly excluded: number;
  readonly parked: number;
  readonly indexed: number;
  readonly evidence: number;
  /** ms from delivery to searchable */
  readonly p50: number | undefined;
  readonly p95: number | undefined;
}

export interface Report {
  readonly rows: readonly SourceRow[];
  readonly answers: readonly Answer[];
  readonly alerts: readonly ReceivedAlert[];
  readonly verified: number;
  /** What does not add up or match; the demo fails if there is anything. */
  readonly faults: readonly string[];
}

export function printReport({ rows, answers, alerts, verified, faults }: Report, print: (line: string) => void): void {
  print('');
  for (const line of table(rows)) print(line);
  for (const { question, lines } of answers) {
    print(`\n? ${question}`);
    for (const line of lines.length === 0 ? ['nothing found'] : lines) print(`  ${line}`);
  }
  print(`\n${alerts.length} alerts received by the subscriber of the alerts topic:`);
  for (const { subject } of alerts) print(`  ${subject}`);
  const shown = alerts.find(({ subject }) => subject.toLowerCase().includes('critical')) ?? alerts[0];
  if (shown !== undefined) {
    print('\none of them, as received:');
    for (const line of readable(shown).split('\n')) print(`  │ ${line}`);
  }
  print(`\nevidence: ${verified} sealed objects opened, bytes as delivered, events as indexed`);
  for (const fault of faults) print(`FAULT ${fault}`);
  print(`\n${lastLine(rows, alerts.length, verified)}`);
}

export function lastLine(rows: readonly SourceRow[], alerts: number, verified: number): string {
  const sum = (name: 'records' | 'events' | 'excluded' | 'parked' | 'indexed'): number => rows.reduce((total, row) => total + row[name], 0);
  return `demo: ${sum('records')} records = ${sum('events')} events + ${sum('excluded')} excluded + ${sum('parked')} parked; ${sum('indexed')} indexed; ${alerts} alerts; ${verified} evidence objects verified`;
}

function readable({ message, attributes }: ReceivedAlert): string {
  const shown = message.split('\n').map((line) => (line.length > 200 ? `${line.slice(0, 200)}… (${line.length} characters)` : line));
  return `${shown.join('\n')}\n\nattributes: ${Object.entries(attributes)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')}`;
}

const HEAD = ['source', 'records', 'events', 'excluded', 'parked', 'indexed', 'evidence', 'p50', 'p95'] as const;

function table(rows: readonly SourceRow[]): readonly string[] {
  const cells = rows.map((row) => HEAD.map((name) => (name === 'p50' || name === 'p95' ? seconds(row[name]) : String(row[name]))));
  const widths = HEAD.map((name, column) => Math.max(name.length, ...cells.map((line) => line[column]?.length ?? 0)));
  const format = (line: readonly string[]): string =>
    line.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  ');
  return [format(HEAD), widths.map((width) => '─'.repeat(width)).join('  '), ...cells.map(format), 'p50, p95: from delivery to searchable'];
}

function seconds(ms: number | undefined): string {
  return ms === undefined ? '–' : `${(ms / 1000).toFixed(1)} s`;
}
