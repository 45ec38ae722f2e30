// The part of docs/DETECTIONS.md that was measured: what `npm run bench -- detection --write` left in docs/generated/detection.json.
// https://attack.mitre.org/resources/faq/ (what a technique that is covered does not mean)
import { existsSync, readFileSync } from 'node:fs';
import type { DetectionResult, DetectionRow } from '../bench/detection.ts';
import { isArray, isObject, parseJson } from '../shared/outcome.ts';

const RESULT_FILE = 'docs/generated/detection.json';

/** @returns its lines; none where nothing was measured. @throws Error if the file holds something else. */
export function measured(): readonly string[] {
  const result = readResult();
  if (result === undefined) return [];
  const { techniques, attacks, quiet } = result;
  const found = techniques.filter((row) => row.found.length > 0);
  const total = (rows: readonly DetectionRow[], key: 'alerts' | 'events') => rows.reduce((sum, row) => sum + row[key], 0);
  return [
    '## Measured',
    '',
    `\`npm run bench -- detection\`, with ${result.rules} rules and ${result.correlations} correlations as they ship and no list of the bank’s filled in. The recordings of attacks`,
    'are public ones (stratus-red-team, invictus-ir/aws_dataset, OTRF Security-Datasets); they hold what the attacker’s tool did, not what a',
    'careful attacker would do, so a technique that is found is found in this form.',
    '',
    `**${found.length} of ${techniques.length} techniques found.**`,
    '',
    '| Technique | Events | Found by |',
    '| --- | ---: | --- |',
    ...techniques.map((row) => `| ${row.name} | ${row.events} | ${row.found.length === 0 ? '**nothing**' : row.found.join(', ')} |`),
    '',
    '| Attack from beginning to end | Events | Alerts | Found by |',
    '| --- | ---: | ---: | --- |',
    ...attacks.map((row) => `| ${row.name} | ${row.events} | ${row.alerts} | ${row.found.join(', ')} |`),
    '',
    `On a quiet day (made up: nothing in it is an attack, and nothing in it surprises as real days do) **${rate(total(quiet, 'alerts'), total(quiet, 'events'))} alerts per 10,000 events**:`,
    '',
    '| Quiet stream | Events | Alerts per 10,000 | By |',
    '| --- | ---: | ---: | --- |',
    ...quiet.map((row) => `| ${row.name} | ${row.events} | ${rate(row.alerts, row.events)} | ${row.found.join(', ')} |`),
    '',
  ];
}

function rate(alerts: number, events: number): string {
  return events === 0 ? '0' : ((alerts / events) * 10_000).toFixed(1);
}

function readResult(): DetectionResult | undefined {
  if (!existsSync(RESULT_FILE)) return undefined;
  const result: unknown = parseJson(readFileSync(RESULT_FILE, 'utf8'));
  if (!isResult(result)) throw new Error(`${RESULT_FILE} is no result of \`npm run bench -- detection --write\``);
  return result;
}

function isResult(candidate: unknown): candidate is DetectionResult {
  return isObject(candidate) && isArray(candidate['techniques']) && isArray(candidate['attacks']) && isArray(candidate['quiet']);
}
