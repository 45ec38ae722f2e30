// Plans, steps and probes as `strongroom onboard` and `strongroom offboard` print them.
import { currency, priceNote, type Cost } from '../shared/onboard/cost.ts';
import { rightsOf, type StepResult, type StepState } from '../shared/onboard/step.ts';
import type { ProbeResult } from '../shared/onboard/verify.ts';

const MARKS: Readonly<Record<StepState, string>> = {
  done: '  =',
  'to do': '  +',
  changed: '  ✓',
  failed: '  ✗',
  stopped: '  –',
  elsewhere: '  ?',
};

/** @returns one step, with its line feed. */
export function stepText({ state, title, account, region, found, todo, error }: StepResult): string {
  const lines = [
    `${MARKS[state]} ${title}  [${account}, ${region}]`,
    ...(found === undefined ? [] : [`      now: ${found}`]),
    ...(todo === undefined ? [] : [`      then: ${todo}`]),
    ...(error === undefined ? [] : [`      ${error}`]),
  ];
  // What is as it should be takes one line.
  return `${(state === 'done' ? lines.slice(0, 1) : lines).join('\n')}\n`;
}

const WORDS: Readonly<Record<StepState, string>> = {
  done: 'as they should be',
  'to do': 'to do',
  changed: 'done now',
  failed: 'failed',
  stopped: 'stopped by one that failed',
  elsewhere: 'not reached with these credentials',
};

/** @returns how many steps there are of each state, with a line feed. */
export function summaryText(results: readonly StepResult[]): string {
  const states: readonly StepState[] = ['done', 'changed', 'to do', 'failed', 'stopped', 'elsewhere'];
  const counts = states.map((state) => [results.filter((result) => result.state === state).length, WORDS[state]] as const);
  const text = counts.flatMap(([count, words]) => (count === 0 ? [] : [`${count} ${words}`])).join(', ');
  const again = results.some(({ state }) => state === 'failed')
    ? '; mend what failed and run the same command again: what is done is left alone'
    : '';
  return `${results.length} steps: ${text}${again}\n`;
}

/** @returns the IAM actions by account. */
export function rightsText(results: readonly StepResult[]): string {
  const lines = [...rightsOf(results.filter(({ state }) => state !== 'done'))].map(
    ([account, rights]) => `  ${account}: ${rights.join(', ')}`,
  );
  return lines.length === 0 ? 'It needs no rights: nothing is to be done\n' : `Rights that it needs, by account:\n${lines.join('\n')}\n`;
}

export function costText({ lines, total, notes }: Cost): string {
  if (lines.length === 0) return [`It costs nothing by the month`, ...notes, ''].join('\n');
  const rows = lines.map(({ what, amount }) => `  ${amount.toFixed(2).padStart(9)}  ${what}`);
  return [`${priceNote()}, in ${currency()} a month:`, ...rows, `  ${total.toFixed(2).padStart(9)}  in all`, ...notes, ''].join('\n');
}

/** @returns one probe, with its line feed. */
export function probeText({ source, account, region, way, sealed, searchable, next }: ProbeResult): string {
  const times = [seen('sealed', sealed), seen('searchable', searchable)].join(', ');
  const more = next === undefined ? '' : `\n      ${next}`;
  return `${next === undefined ? '  ✓' : '  ✗'} ${source} of ${account} in ${region}, by ${way}: ${times}${more}\n`;
}

function seen(what: string, seconds: number | undefined): string {
  return seconds === undefined ? `not ${what}` : `${what} after ${seconds.toFixed(1)} s`;
}
