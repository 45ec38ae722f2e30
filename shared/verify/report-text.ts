// A report as people read it: what was looked at, then what was found, the worst first.
import { PROBLEMS, type Problem, type ProblemCode, type Severity } from './problems.ts';
import type { Report } from './report.ts';
import type { Scope } from './scope.ts';

/** Of one code; all that were kept are in the JSON. */
const SHOWN = 20;
const SEVERITIES: readonly Severity[] = ['failure', 'warning', 'note'];

export function reportText(report: Report): string {
  const { counts, log, trust, found } = report;
  const lines = [
    `${report.bank}: ${scopeText(report.scope)}`,
    '',
    ...(log === undefined ? ['log         no checkpoint that a trusted key has signed'] : logLines(log)),
    `keys        ${trust.pinned ? 'of the trust file' : 'found beside the log, so they prove little: pin them with --trust'}`,
    `evidence    ${number(counts.objects)} objects, ${size(counts.plain_bytes)} (sealed ${size(counts.sealed_bytes)})${counts.erased === 0 ? '' : `, ${number(counts.erased)} of them erased`}`,
    `statements  ${number(counts.statements)}`,
    ...(counts.digests === 0
      ? []
      : [`CloudTrail  ${number(counts.digests)} digests, ${number(counts.digest_files)} log files that they prove`]),
    '',
    summary(report),
  ];
  for (const severity of SEVERITIES)
    for (const [code, tally] of Object.entries(found))
      if (tally.severity === severity) lines.push('', ...section(code as ProblemCode, tally.found, report.problems));
  return `${lines.join('\n')}\n`;
}

function logLines({ origin, size: leaves, root, checkpoints, cosigned, pending, isWhole }: NonNullable<Report['log']>): readonly string[] {
  const waiting = pending === 0 ? '' : `, ${number(pending)} leaves wait for the next one`;
  const read = `${number(checkpoints)} checkpoints, ${number(cosigned)} co-signed${isWhole ? waiting : ', and the proof of each object'}`;
  return [`log         ${origin}: ${number(leaves)} leaves; ${read}`, `root        ${root}`];
}

function summary({ found, ok }: Report): string {
  const of = (severity: Severity): number =>
    Object.values(found).reduce((sum, tally) => sum + (tally.severity === severity ? tally.found : 0), 0);
  const counted = SEVERITIES.flatMap((severity) =>
    of(severity) === 0 ? [] : [`${number(of(severity))} ${severity}${of(severity) === 1 ? '' : 's'}`],
  );
  const verdict = ok ? 'verified: the evidence is what was sealed' : 'NOT verified';
  return counted.length === 0 ? verdict : `${verdict}; ${counted.join(', ')}`;
}

function section(code: ProblemCode, found: number, problems: readonly Problem[]): readonly string[] {
  const { severity, means } = PROBLEMS[code];
  const own = problems.filter((problem) => problem.code === code).slice(0, SHOWN);
  const more = found > own.length ? [`  … and ${number(found - own.length)} more`] : [];
  return [`${severity.toUpperCase()} ${code} (${number(found)}): ${means}`, ...own.map(({ at, detail }) => `  ${at}: ${detail}`), ...more];
}

export function scopeText({ key, source, account, from, to }: Scope): string {
  if (key !== undefined) return key;
  const whose = [source, account].filter((one) => one !== undefined).join(' of ');
  const days = from === undefined && to === undefined ? 'all days' : `delivered ${from ?? 'from the beginning'} to ${to ?? 'today'}`;
  return whose === '' ? days : `${whose}, ${days}`;
}

function number(count: number): string {
  return count.toLocaleString('en-US');
}

export function size(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return `${(bytes / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power] ?? ''}`;
}
