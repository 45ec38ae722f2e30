import type { BankConfig } from '../../../../shared/config.ts';
import { alarmResources } from '../../../../stacks/plugins/alarms.ts';
import { logOf } from '../../../../stacks/plugins/log.ts';
import { loadBank } from '../../../../cli/bank.ts';

function demo(log?: BankConfig['log']): BankConfig {
  const { bank } = loadBank('banks/demo.yml');
  if (bank === undefined) throw new Error('banks/demo.yml does not load');
  return { ...bank, ...(log === undefined ? {} : { log }) };
}

it('keys are P-256 where the bank’s file says nothing: KMS has that in every region', () => {
  expect(logOf(demo(), '')).toMatchObject({ keySpec: 'ECC_NIST_P256', algorithm: 'ECDSA_SHA_256' });
  expect(logOf(demo({ signature: 'ed25519' }), '')).toMatchObject({ keySpec: 'ECC_NIST_EDWARDS25519', algorithm: 'ED25519_SHA_512' });
});

it('only a bank that has a witness lets notarize call it', () => {
  expect(logOf(demo(), '').resources).toEqual({});

  const { WitnessAccessPolicy: policy } = logOf(demo({ witness: { account: '444444444444', region: 'eu-west-1' } }), '').resources;

  expect(JSON.stringify(policy)).toContain('"arn:aws:lambda:eu-west-1:444444444444:function:strongroom-demo-witness:live"');
});

it('alarms: the log’s in every security stack, the witness’s in its own account', () => {
  const names = (bank: BankConfig): readonly string[] =>
    Object.keys(alarmResources(bank, { stack: 'security', account: '111111111111', region: 'eu-central-1' })).filter((name) =>
      /Log|Notar/.test(name),
    );

  expect(names(demo()).toSorted()).toEqual([
    'LogContradictionAlarm',
    'LogUnsignedAlarm',
    'NotarizeErrorsAlarm',
    'NotarizeStoppedAlarm',
    'NotaryAgeAlarm',
    'NotaryDlqAlarm',
  ]);
  expect(names(demo({ witness: { account: '444444444444' } }))).toContain('LogUnwitnessedAlarm');

  const own = alarmResources(demo(), { stack: 'witness', account: '444444444444', region: 'eu-west-1' });
  expect(Object.keys(own)).toEqual(['WitnessErrorsAlarm', 'WitnessRefusedAlarm']);
  expect(own['WitnessRefusedAlarm']?.Properties['AlarmActions']).toEqual(['arn:aws:sns:eu-west-1:444444444444:strongroom-demo-witness']);
});
