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

/** @returns the demo's file for a bank `existing` with an endpoint inside a VPC. */
export function bankWithEndpointInVpc(): string {
  return bankWith(
    'existing',
    `  endpoint: https://vpc-bank-logs-abcdefghijklmnopqrstuvwxyz.eu-central-1.es.amazonaws.com
  subnet_ids: [subnet-0aaa1111, subnet-0bbb2222]
  security_group_ids: [sg-0ddd4444]`,
  );
}

function bankWith(name: string, opensearch: string): string {
  return readFileSync('banks/demo.yml', 'utf8')
    .replace('bank: demo', `bank: ${name}`)
    .replace(/^ {2}endpoint: .*$/m, opensearch);
}
