import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { techniqueOf } from '../../../tools/attack-names.ts';
import { detectionDocs } from '../../../tools/detections-doc.ts';

const STOPPED = readFileSync('rules/aws-logging/cloudtrail-stopped.yml', 'utf8');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'strongroom-rules-'));
  mkdirSync(join(folder, 'area'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function documented(yaml: string): readonly string[] {
  writeFileSync(join(folder, 'area/stopped.yml'), yaml);
  return (detectionDocs(folder)[0]?.content ?? '').split('\n');
}

it('names a technique with the one it is a part of', () => {
  expect(techniqueOf('T1078.004')).toMatchObject({ name: 'Valid Accounts: Cloud Accounts' });
  expect(techniqueOf('T1685.002')).toMatchObject({
    name: 'Disable or Modify Tools: Disable or Modify Cloud Log',
    tactics: ['defense-impairment'],
  });
  expect(techniqueOf('T0000')).toBeUndefined();
});

it('has a line for each rule, and one for what of ATT&CK it covers', () => {
  const lines = documented(STOPPED);
  expect(
    lines.find((line) => line.startsWith('| [stopped](../rules/area/stopped.yml) | critical | cloudtrail | T1685.002 |')),
  ).toBeDefined();
  const at = lines.indexOf('### Defense Impairment');
  expect(lines.slice(at, at + 6).join('\n')).toContain('[T1685.002](https://attack.mitre.org/techniques/T1685/002/)');
  expect(lines.slice(at, at + 6).join('\n')).toContain('[area/stopped](../rules/area/stopped.yml)');
});

it('shows no technique under a tactic that it does not serve, whatever else the rule is tagged with', () => {
  const lines = documented(STOPPED.replace('tags:\n', 'tags:\n  - attack.impact\n  - attack.t1485\n'));
  const section = (name: string) => {
    const at = lines.indexOf(`### ${name}`);
    return lines
      .slice(
        at,
        lines.findIndex((line, index) => index > at && /^##/.test(line)),
      )
      .join('\n');
  };
  expect(section('Impact')).toContain('T1485');
  expect(section('Impact')).not.toContain('T1685');
  expect(section('Defense Impairment')).not.toContain('T1485');
});

it('refuses a technique without a name, and a rule that is wrong', () => {
  expect(() => documented(STOPPED.replace('attack.t1685.002', 'attack.t9999'))).toThrow('tools/attack-names.ts lacks T9999');
  expect(() => documented(STOPPED.replace('condition: selection', 'condition: nothing'))).toThrow('area/stopped.yml:');
});
