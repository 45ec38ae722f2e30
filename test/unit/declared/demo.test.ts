// The demo bank's own source: from its YAML through the bank's file and what is packed to the objects that it reads.
import { readFileSync, rmSync, mkdtempSync, cpSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bankNamed, loadBank } from '../../../cli/bank.ts';
import { formatErrors } from '../../../cli/yaml-file.ts';
import type { BankConfig } from '../../../shared/config.ts';
import { namedRoute, objectRoute, sourcesOf } from '../../../shared/sources/routes.ts';
import { run } from './yaml.ts';

const EXAMPLE = 'banks/demo/sources/badge-readers.yml';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'strongroom-demo-'));
  cpSync('banks', folder, { recursive: true });
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** The bank as it lies beside the code: tools/build.ts writes what loadBank() gives as JSON. */
function packed(): BankConfig {
  return JSON.parse(JSON.stringify(bankNamed('demo'))) as BankConfig;
}

/** The lines that the file itself gives as an example. */
function example(): string {
  const lines = readFileSync(EXAMPLE, 'utf8')
    .split('\n')
    .filter((line) => /^# {3}(?:date|\d\d\.)/.test(line));
  return lines.map((line) => `${line.slice(4)}\n`).join('');
}

test('its objects are routed to it, and read', () => {
  const bank = packed();
  const route = objectRoute(bank, { bucket: 'landing', key: 'drops/222222222222/door-control/2026-02-03.csv.gz' });
  if (route === undefined) throw new Error('nobody reads it');

  expect(route).toMatchObject({ account: '222222222222', source: { name: 'badge-readers' } });
  expect(run(route.source, `${example()}25.10.2026;02:30:00;FRA-2;cage 4;171003;heartbeat;;;\n`)).toMatchObject({
    events: [
      {
        class_uid: 3002,
        activity_id: 1,
        status_id: 1,
        time: Date.parse('2026-02-03T07:59:58Z'),
        user: { uid: 'B-1042', name: 'Mira Example' },
      },
      {
        status_id: 2,
        severity_id: 2,
        user: { uid: 'B-2077' },
        status_detail: 'denied: expired',
        dst_endpoint: { name: 'cage 4', zone: 'FRA-2' },
      },
    ],
    excluded: ['reader_alive'],
    parked: [],
  });
});

test('it may be named wherever a source may be', () => {
  const bank = packed();
  expect(namedRoute(bank, { source: 'badge-readers' })?.source.name).toBe('badge-readers');
  expect(objectRoute(bank, { bucket: 'landing', key: 'drops/333333333333/badge-readers/a.csv' })).toMatchObject({
    account: '333333333333',
    source: { name: 'badge-readers' },
  });
  expect(namedRoute({}, { source: 'badge-readers' })).toBeUndefined();
  expect(sourcesOf(bank)).toBe(sourcesOf(bank));
});

describe('what is wrong with it is told when the bank is checked', () => {
  function check(): string {
    const file = join(folder, 'demo.yml');
    const { errors = [] } = loadBank(file);
    return formatErrors(file, errors).replaceAll(folder, 'banks');
  }

  test('with its own file and line', () => {
    const file = join(folder, 'demo/sources/badge-readers.yml');
    const yaml = readFileSync(file, 'utf8').replace('user.uid: badge', 'user.id: badge');
    writeFileSync(file, yaml);
    const line = yaml.split('\n').findIndex((text) => text.includes('user.id')) + 1;

    expect(check()).toContain(
      `banks/demo/sources/badge-readers.yml:${line}: attributes.user.id: user has no such attribute (found "id"; did you mean "uid"?)`,
    );
  });

  test('a name that a source has already', () => {
    const yaml = readFileSync(join(folder, 'demo/sources/badge-readers.yml'), 'utf8');
    writeFileSync(join(folder, 'demo/sources/okta.yml'), yaml.replace('name: badge-readers', 'name: okta'));

    expect(check()).toBe('banks/demo/sources/okta.yml:1: name: is the name of a source that Strongroom has; take another');
  });

  test('a source that is not there', () => {
    rmSync(join(folder, 'demo/sources/badge-readers.yml'));

    expect(check()).toMatch(/^banks\/demo\.yml:\d+: objects\.0\.source: must be a source/);
  });
});
