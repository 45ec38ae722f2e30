// Findings and the bank they are alerted for.
import type { BankConfig } from '../../../shared/config.ts';
import type { OcsfEvent } from '../../../shared/model.ts';

export const TIME = Date.parse('2026-03-02T09:14:05Z');

export const BANK: BankConfig = {
  bank: 'demo',
  security_account: '111111111111',
  region: 'eu-central-1',
  accounts: [{ id: '222222222222', name: 'payments-prod' }],
  retention: { evidence_days: 1, evidence_mode: 'governance', landing_days: 1, parked_days: 1, function_logs_days: 1 },
  opensearch: {},
  log_groups: [],
  exclusions: [],
  redaction: [],
  alerts: { min_severity: 'high', bad_addresses: [], subscriptions: [] },
} as unknown as BankConfig;

export function guardDutyFinding(severityId: number, more: object = {}): OcsfEvent {
  return {
    activity_id: 1,
    category_uid: 2,
    class_uid: 2004,
    type_uid: 200401,
    severity_id: severityId,
    time: TIME,
    metadata: { uid: 'version-1', version: '1.8.0', product: { name: 'GuardDuty', vendor_name: 'AWS' } },
    cloud: { provider: 'AWS', account: { uid: '222222222222' }, region: 'eu-central-1' },
    finding_info: {
      uid: 'finding-1',
      title: 'The instance talks to an address that is used for mining.',
      desc: 'EC2 instance i-1 communicates with 203.0.113.9.',
      types: ['CryptoCurrency:EC2/BitcoinTool.B'],
      analytic: { name: 'CryptoCurrency:EC2/BitcoinTool.B', type_id: 1 },
      first_seen_time: TIME,
      last_seen_time: TIME + 60_000,
    },
    evidences: [{ src_endpoint: { ip: '10.20.1.17', port: 51514, instance_uid: 'i-1' }, dst_endpoint: { ip: '203.0.113.9', port: 8333 } }],
    resources: [{ uid: 'i-1', type: 'Instance' }],
    is_alert: true,
    count: 3,
    ...more,
  };
}

export function ownFinding(more: object = {}): OcsfEvent {
  return {
    ...guardDutyFinding(4),
    metadata: { uid: 'own-1', version: '1.8.0', product: { name: 'Strongroom', vendor_name: 'Strongroom' } },
    finding_info: {
      uid: 'own-1',
      title: 'Root user activity',
      desc: 'The root user was used.',
      analytic: { uid: 'rule-1', name: 'Root user activity', type_id: 1 },
    },
    remediation: { desc: 'Ask the owner.' },
    evidences: [
      {
        actor: { user: { uid: 'arn:aws:iam::222222222222:root' } },
        api: { operation: 'CreateUser', service: { name: 'iam.amazonaws.com' }, response: { error: 'AccessDenied' } },
        src_endpoint: { ip: '198.51.100.7' },
        data: '{"userAgent":["aws-cli"]}',
      },
    ],
    resources: undefined,
    count: 1,
    ...more,
  };
}
