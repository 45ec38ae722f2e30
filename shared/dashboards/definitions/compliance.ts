// Controls and vulnerabilities. https://docs.aws.amazon.com/securityhub/latest/userguide/standards-reference.html
import type { Dashboard } from '../model.ts';
import { bars, count, distinct, filters, last, note, numbers, over, pie, row, sized, table, terms } from '../panels.ts';
import { guide } from './notes.ts';

const CHECKS = 'compliance_finding';
const FAILED = 'compliance.status_id:3';
const WEAK = 'vulnerability_finding';

export const COMPLIANCE: Dashboard = {
  name: 'compliance',
  title: 'Compliance',
  description:
    'Controls of Config and Security Hub, vulnerabilities of Inspector, sensitive data of Macie, and what changes in the inventory.',
  since: 'now-30d',
  rows: [
    sized(
      8,
      [
        28,
        note(
          'How to read it',
          guide(
            'compliance',
            'Each line is a report, not a state: a control that is checked every day is reported every day. *Last seen* tells whether it still fails; the newest report of a resource counts.',
            '- For an auditor: filter on the standard, export the table (CSV) and name the time range.',
            '- For those who mend it: *Resources that fail*, by account.',
          ),
        ),
      ],
      [
        20,
        numbers(
          'Checks',
          { from: CHECKS },
          [count()],
          filters({ Passed: 'compliance.status_id:1', Warning: 'compliance.status_id:2', Failed: FAILED }),
        ),
      ],
    ),
    row(
      over('bar', 'Checks over time', { from: CHECKS }, terms('compliance.status_id', 'Result', 5)),
      bars('Failures by standard', { from: CHECKS, where: FAILED }, [terms('compliance.standards', 'Standard', 15)]),
    ),
    row(
      table(
        'Controls that fail',
        { from: CHECKS, where: FAILED },
        [terms('compliance.control', 'Control', 15), terms('severity_id', 'Severity', 2)],
        [count('Reports'), distinct('resources.uid', 'Resources'), last()],
      ),
      table(
        'Resources that fail',
        { from: CHECKS, where: FAILED },
        [terms('cloud.account.uid', 'Account'), terms('resources.uid', 'Resource')],
        [distinct('compliance.control', 'Controls'), last()],
      ),
      pie('Who checks', { from: CHECKS }, terms('metadata.product.name', 'Product', 6)),
    ),
    row(
      table(
        'Vulnerabilities',
        { from: WEAK },
        [terms('vulnerabilities.cve.uid', 'CVE', 15), terms('severity_id', 'Severity', 2)],
        [count('Reports'), distinct('resources.uid', 'Resources'), last()],
      ),
      table(
        'Packages',
        { from: WEAK },
        [terms('vulnerabilities.affected_packages.name', 'Package', 15)],
        [distinct('vulnerabilities.cve.uid', 'CVEs'), distinct('resources.uid', 'Resources')],
      ),
      table(
        'Sensitive data',
        { from: 'data_security_finding' },
        [terms('databucket.name', 'Bucket'), terms('finding_info.types', 'Type', 5)],
        [count(), distinct('file.path', 'Objects'), last()],
      ),
    ),
    row(
      over('bar', 'Changes of the inventory', { from: 'cloud_resources_inventory_info' }, terms('resources.type', 'Type', 10)),
      table(
        'Resources that changed',
        { from: 'cloud_resources_inventory_info' },
        [terms('resources.type', 'Type'), terms('resources.uid', 'Resource', 5)],
        [count(), last()],
      ),
    ),
  ],
};
