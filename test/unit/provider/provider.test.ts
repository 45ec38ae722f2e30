import { leaving, provider } from '../../../cli/bank-provider.ts';
import { loadBank } from '../../../cli/bank.ts';
import { copiesOf } from '../../../shared/alert/settings.ts';
import type { BankConfig } from '../../../shared/config.ts';
import { findingsBus, healthBus } from '../../../shared/provider/provider.ts';
import { alarmResources } from '../../../stacks/plugins/alarms.ts';
import { alertsOf } from '../../../stacks/plugins/alerts.ts';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';

const BUS = 'arn:aws:events:eu-west-1:444444444444:event-bus/central';
const PROVIDER = {
  name: 'Watchers',
  event_bus_arn: BUS,
  consent: { by: 'CISO', on: '2026-11-02', reference: 'entry 117' },
};

const directory = mkdtempSync(join(tmpdir(), 'strongroom-provider-'));
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

function bankWith(given: object | undefined): BankConfig {
  const { bank } = loadBank('banks/demo.yml');
  if (bank === undefined) throw new Error('banks/demo.yml does not load');
  return { ...bank, ...(given === undefined ? {} : { provider: { ...PROVIDER, ...given } }) };
}

/** What the check of a whole file says. */
function errorsOf(given: object): readonly string[] {
  const file = join(directory, 'demo.yml');
  const text = readFileSync('banks/demo.yml', 'utf8').replace(/^objects:\n(?:[ #].*\n)+/m, '');
  writeFileSync(file, `${text}\n${stringify({ provider: given })}`);
  return (loadBank(file).errors ?? []).map(({ path, message }) => `${path}: ${message}`);
}

describe('what a provider gets', () => {
  it('is nothing where there is none', () => {
    const bank = bankWith(undefined);
    expect([findingsBus(bank), healthBus(bank), leaving(bank)]).toEqual([undefined, undefined, []]);
    expect(copiesOf(bank, 5, true)).toEqual([]);
    expect(Object.keys(alertsOf(bank).resources).filter((id) => !id.startsWith('AlertSubscription'))).toEqual([]);
  });

  it('is findings that are high or worse, and health, unless the file says otherwise', () => {
    expect(findingsBus(bankWith({}))).toEqual({ arn: BUS, account: '444444444444', region: 'eu-west-1', from: 'high' });
    expect([3, 4].map((severity) => copiesOf(bankWith({}), severity, true))).toEqual([[], ['forward']]);
    expect(copiesOf(bankWith({ min_severity: 'medium' }), 3, true)).toEqual(['forward']);
    expect(copiesOf(bankWith({ findings: false }), 5, true)).toEqual([]);
    expect(healthBus(bankWith({ findings: false }))).toMatchObject({ arn: BUS });
    expect(healthBus(bankWith({ health: false }))).toBeUndefined();
  });

  it('is said by `check`, with who has agreed to it', () => {
    const to = 'go to Watchers (account 444444444444, eu-west-1); agreed to by CISO on 2026-11-02, entry 117';
    expect(leaving(bankWith({}))).toEqual([`findings from severity high on and states of the platform's alarms ${to}`]);
    expect(leaving(bankWith({ findings: false }))).toEqual([`states of the platform's alarms ${to}`]);
  });
});

describe('in the template', () => {
  it('health goes from the alarms of this bank to that bus, past our functions, and waits in a queue that rings', () => {
    const bank = bankWith({});
    const { resources } = alertsOf(bank);
    expect(resources['ProviderHealthRule']?.Properties).toMatchObject({
      EventPattern: {
        source: ['aws.cloudwatch'],
        'detail-type': ['CloudWatch Alarm State Change'],
        resources: [{ prefix: 'arn:aws:cloudwatch:eu-central-1:111111111111:alarm:strongroom-demo-' }],
      },
      Targets: [{ Arn: BUS, DeadLetterConfig: { Arn: { 'Fn::GetAtt': ['ProviderDeadLetters', 'Arn'] } } }],
    });
    // Without it the default bus would hand over whatever happens in the account.
    expect(resources['ProviderHealthRule']?.Properties['EventBusName']).toBeUndefined();
    const alarms = alarmResources(bank, { stack: 'security', account: '111111111111', region: 'eu-central-1' });
    expect(alarms['ProviderDlqAlarm']?.Properties['Dimensions']).toEqual([{ Name: 'QueueName', Value: 'strongroom-demo-provider-dlq' }]);
  });

  it('each part has rights to that bus alone, and only where it is wanted', () => {
    const resourcesOf = (given: object): readonly string[] =>
      Object.keys(alertsOf(bankWith(given)).resources).filter((id) => /Provider|Copies/.test(id));
    expect(resourcesOf({ health: false })).toEqual(['AlertCopiesPolicy']);
    expect(resourcesOf({ findings: false })).toEqual([
      'ProviderHealthRule',
      'ProviderHealthRole',
      'ProviderDeadLetters',
      'ProviderDeadLettersPolicy',
    ]);
    const { AlertCopiesPolicy: copies, ProviderHealthRole: role } = alertsOf(bankWith({})).resources;
    expect(copies?.Properties).toMatchObject({ PolicyDocument: { Statement: [{ Action: ['events:PutEvents'], Resource: [BUS] }] } });
    expect(role?.Properties).toMatchObject({
      RoleName: 'strongroom-demo-provider',
      Policies: [{ PolicyDocument: { Statement: [{ Action: ['events:PutEvents'], Resource: BUS }] } }],
    });
    const alarms = alarmResources(bankWith({ health: false }), { stack: 'security', account: '111111111111', region: 'eu-central-1' });
    expect(alarms['ProviderDlqAlarm']).toBeUndefined();
  });

  it('roles of another region have names of their own', () => {
    const { resources } = alertsOf({ ...bankWith({}), home: 'eu-west-1' });
    expect(resources['ProviderHealthRole']?.Properties['RoleName']).toBe('strongroom-demo-eu-central-1-provider');
  });
});

describe('in the file', () => {
  it('consent is not to be left out', () => {
    expect(errorsOf(PROVIDER)).toEqual([]);
    const { consent, ...silent } = PROVIDER;
    expect(errorsOf(silent).join()).toContain('consent');
    expect(errorsOf({ ...PROVIDER, consent: { ...consent, by: '' } }).join()).toContain('provider.consent.by');
  });

  it.each<[string, object, string]>([
    ['a bus without an ARN', { event_bus_arn: 'central' }, 'provider.event_bus_arn'],
    [
      "a bus in one of the bank's own accounts",
      { event_bus_arn: BUS.replace('444444444444', '222222222222') },
      'is in 222222222222, an account of the bank',
    ],
    ['a provider who gets nothing', { findings: false, health: false }, 'provider: gets neither findings nor health'],
    ['a day that there is none', { consent: { ...PROVIDER.consent, on: '2026-02-30' } }, 'provider.consent.on: must be a day'],
    ['logs', { logs: true }, 'provider'],
  ])('is refused: %s', (_, given, expected) => {
    expect(errorsOf({ ...PROVIDER, ...given }).join('\n')).toContain(expected);
  });

  it('as it was before, under alerts, is refused', () => {
    const bank = bankWith({});
    expect([...provider(bank)]).toEqual([]);
    const file = join(directory, 'demo.yml');
    const text = readFileSync('banks/demo.yml', 'utf8').replace(/^objects:\n(?:[ #].*\n)+/m, '');
    writeFileSync(file, text.replace(/^alerts:$/m, `alerts:\n  forward: { event_bus_arn: '${BUS}' }`));
    expect((loadBank(file).errors ?? []).map(({ path }) => path).join()).toContain('alerts');
  });
});
