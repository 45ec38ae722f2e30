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
  return readFileSync('banks/demo.yml', 'utf8')
    .replace('bank: demo', 'bank: vpc')
    .replace(/^ {2}endpoint: .*$/m, domain);
}
