// Banks' files for template tests, made of the demo's.
import { readFileSync } from 'node:fs';

/** @returns the demo's file for a bank `vpc` with a domain of its own in three zones. */
export function bankWithDomain(): string {
  const domain = `  domain:
    instance_type: r7g.large.search
    instance_count: 3
    volume_gib: 500
    subnet_ids: [subnet-0aaa1111, subnet-0bbb2222, subnet-0ccc3333]
    security_group_ids: [sg-0ddd4444]`;
  return bankWith('vpc', domain);
}

/** @returns the demo's file for a bank `guarded` with everything that its domain can have; its folder needs SAML_METADATA as saml.xml. */
export function bankWithGuardedDomain(): string {
  const domain = `  domain:
    instance_type: r7g.large.search
    instance_count: 3
    volume_gib: 500
    subnet_ids: [subnet-0aaa1111, subnet-0bbb2222, subnet-0ccc3333]
    security_group_ids: [sg-0ddd4444]
    multi_az_with_standby: true
    tls_policy: Policy-Min-TLS-1-2-RFC9151-FIPS-2024-08
    off_peak_start: '01:30'
    saml:
      entity_id: https://login.demo-bank.example/saml
      roles_key: groups
  lifecycle:
    replicas: 2
  vpc_endpoints:
    vpc_id: vpc-0eee5555
    route_table_ids: [rtb-0fff6666]
  snapshots:
    repository: strongroom`;
  return bankWith('guarded', domain)
    .replace(/^ {2}evidence_mode: governance$/m, '  evidence_mode: compliance')
    .replace(/^# residency:\n# {3}- policy: eu\n/m, 'residency:\n  - policy: eu\n');
}

export const SAML_METADATA = `<?xml version="1.0"?>
<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://login.demo-bank.example/saml"/>
`;

/** @returns the demo's file for a bank `existing` with an endpoint inside a VPC, and a class of evidence that is kept for longer. */
export function bankWithEndpointInVpc(): string {
  return bankWith(
    'existing',
    `  endpoint: https://vpc-bank-logs-abcdefghijklmnopqrstuvwxyz.eu-central-1.es.amazonaws.com
  subnet_ids: [subnet-0aaa1111, subnet-0bbb2222]
  security_group_ids: [sg-0ddd4444]`,
  )
    .replace(/^ {2}classes:\n(?: {4}.*\n)+/m, '')
    .replace(/^ {2}cold:\n(?: {4}.*\n)+/m, CLASSES);
}

const CLASSES = `  classes:
    - name: trail
      sources: [cloudtrail, config]
      evidence_days: 3650
      evidence_mode: compliance
  cold:
    - after_days: 400
      storage_class: GLACIER_IR
    - after_days: 800
      storage_class: DEEP_ARCHIVE
`;

/** @returns the demo's file for a bank `watched`, whose log is signed with Ed25519 and has a witness in another region. */
export function bankWithWitness(): string {
  return demo()
    .replace('bank: demo', 'bank: watched')
    .replace(/^opensearch:\n/m, (opensearch) => `${WITNESS}${opensearch}`);
}

const WITNESS = `log:
  checkpoint_seconds: 120
  signature: ed25519
  witness:
    account: '444444444444'
    region: eu-west-1
    subscriptions:
      - protocol: email
        endpoint: audit@demo-bank.example
`;

/** @returns the demo's file for a bank `topics` with a Kafka cluster of every kind, and a stream that no account but its own writes to; it gives access to OpenSearch by itself. */
export function bankWithKafka(): string {
  return demo()
    .replace('bank: demo', 'bank: topics')
    .replace(/^access:\n(?:[ #].*\n)+/m, '')
    .replace(/^kafka:\n(?:[ #].*\n)+/m, KAFKA)
    .replace(/^streams:\n(?:[ #].*\n)+/m, STREAMS)
    .replace(/^alerts:\n(?:[ #].*\n)+/m, ALERTS);
}

const ALERTS = `alerts:
  min_severity: high
  bad_addresses: []
  subscriptions:
    - protocol: email
      endpoint: all@bank.example
    - protocol: email
      endpoint: payments@bank.example
      when:
        min_severity: high
        accounts: ['222222222222']
        actions: [create, update]
  event_bus: ticketing
  security_hub: true
provider:
  name: Example Security Services
  event_bus_arn: arn:aws:events:eu-central-1:444444444444:event-bus/central
  consent:
    by: Chief Information Security Officer
    on: '2026-11-02'
    reference: outsourcing register, entry 117
`;

const STREAMS = `streams:
  - name: real-time
    source: application-json
    account: '333333333333'
  - name: own
    source: application-json
`;

const KAFKA = `kafka:
  - name: serverless
    cluster_arn: arn:aws:kafka:eu-central-1:111111111111:cluster/payments/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f-s2
    authentication: iam
    topics:
      - name: app.log
        source: application-json
      - name: app-log
        source: application-json
  - name: shared
    cluster_arn: arn:aws:kafka:eu-central-1:111111111111:vpc-connection/222222222222/trading/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f-7
    authentication: scram
    secret_arn: arn:aws:secretsmanager:eu-central-1:222222222222:secret:AmazonMSK_strongroom-Ab12Cd
    topics:
      - name: trades
        source: application-json
  - name: own
    bootstrap_servers: [b-1.kafka.bank.example:9096, b-2.kafka.bank.example:9096]
    authentication: tls
    secret_arn: arn:aws:secretsmanager:eu-central-1:111111111111:secret:kafka-client-Ab12Cd
    ca_secret_arn: arn:aws:secretsmanager:eu-central-1:111111111111:secret:kafka-ca-Ab12Cd
    subnet_ids: [subnet-0aaa1111, subnet-0bbb2222]
    security_group_ids: [sg-0ddd4444]
    consumer_group: security
    topics:
      - name: trail
        source: cloudtrail
`;

/** @returns the demo's file for a bank `whole`: its organization, two regions, the first account at work in both of them. */
export function bankWithOrganization(): string {
  return demo()
    .replace('bank: demo', 'bank: whole')
    .replace(/^# regions:\n(?:#.*\n)+/m, REGIONS)
    .replace(/^# organization:\n(?:#.*\n)+/m, ORGANIZATION)
    .replace(/^ {4}# ou: Payments\n/m, '    ou: Payments\n    regions: [eu-central-1, eu-west-1]\n')
    .replace(/^ {4}name: trading-prod\n/m, (name) => `${name}    ou: Trading\n`);
}

const REGIONS = `regions:
  - region: eu-west-1
    takes_over: eu-central-1
    opensearch:
      endpoint: https://search.eu-west-1.demo-bank.example
`;

const ORGANIZATION = `organization:
  id: o-example123
  name: Demo Bank
  management_account: '999999999999'
  root_id: r-ab12
  deployers: ['arn:aws:iam::*:role/strongroom-deployment']
  data_events:
    buckets: [demo-bank-payments]
    functions: all
`;

function bankWith(name: string, opensearch: string): string {
  return demo()
    .replace('bank: demo', `bank: ${name}`)
    .replace(/^ {2}endpoint: .*$/m, opensearch);
}

/** Without what needs the sources that lie beside the demo's file. */
function demo(): string {
  return readFileSync('banks/demo.yml', 'utf8').replace(/^objects:\n(?:[ #].*\n)+/m, '');
}
