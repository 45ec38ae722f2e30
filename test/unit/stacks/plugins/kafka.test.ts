import type { BankConfig } from '../../../../shared/config.ts';
import type { KafkaCluster } from '../../../../shared/kafka-config.ts';
import { alarmResources } from '../../../../stacks/plugins/alarms.ts';
import { kafkaOf, withServers } from '../../../../stacks/plugins/kafka.ts';
import { BANK } from '../../alert/findings.ts';

const TOPICS = [{ name: 'app.log', source: 'application-json' }];
const LOCAL: KafkaCluster = { name: 'local', bootstrap_servers: ['127.0.0.1:9096'], authentication: 'none', topics: TOPICS };
const OWN: KafkaCluster = { ...LOCAL, name: 'own', bootstrap_servers: ['b-1.bank.example:9096'] };

function bank(...kafka: readonly KafkaCluster[]): BankConfig {
  return { ...BANK, kafka };
}

describe('a cluster on this machine', () => {
  it('is left out, unless a parameter says where it listens', () => {
    expect(withServers(bank(LOCAL, OWN), '').kafka).toEqual([OWN]);
    expect(withServers(bank(LOCAL, OWN), '127.0.0.1:2,127.0.0.1:3').kafka).toEqual([
      { ...LOCAL, bootstrap_servers: ['127.0.0.1:2', '127.0.0.1:3'] },
      OWN,
    ]);
  });

  it('is nothing that a bank without Kafka has', () => {
    expect(withServers(BANK, '127.0.0.1:2')).toBe(BANK);
    expect([kafkaOf(BANK).kind, kafkaOf(bank()).kind, kafkaOf(withServers(bank(LOCAL), '')).kind]).toEqual(['none', 'none', 'none']);
  });
});

describe('mappings', () => {
  it('have ids of their own also where topics differ in what CloudFormation does not take', () => {
    const topics = ['app.log', 'app-log', 'app_log', 'appLog'].map((name) => ({ name, source: 'cloudtrail' }));
    const ids = Object.keys(kafkaOf(bank({ ...OWN, topics })).resources);

    expect(ids).toHaveLength(4);
    for (const id of ids) expect(id).toMatch(/^KafkaOwn[A-Za-z0-9]+Mapping$/);
  });

  it('need no policy where there are no credentials and no VPC', () => {
    expect(Object.values(kafkaOf(bank(OWN)).resources).map(({ Type, DependsOn }) => [Type, DependsOn])).toEqual([
      ['AWS::Lambda::EventSourceMapping', undefined],
    ]);
  });
});

it('alarms watch what reads Kafka only where there is some, and each stream of the bank', () => {
  const streams = [{ name: 'real-time', source: 'application-json' }];
  const names = (found: BankConfig): readonly string[] =>
    Object.keys(alarmResources(found, { stack: 'security', account: found.security_account, region: found.region }));
  const added = names({ ...bank(OWN), streams }).filter((name) => !names(BANK).includes(name));

  expect(added.sort()).toEqual(['IngestKafkaDlqAlarm', 'IngestKafkaErrorsAlarm', 'IngestKafkaLagAlarm', 'RealTimeThrottledAlarm']);
});
