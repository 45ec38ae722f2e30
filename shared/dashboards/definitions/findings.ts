// What is to be worked through. https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_finding-types-active.html
import type { Dashboard } from '../model.ts';
import { count, filters, last, note, numbers, over, pie, row, sized, table, terms } from '../panels.ts';
import { guide, toSearch } from './notes.ts';
import { OPEN } from './queries.ts';
import { GUARDDUTY_HIGH, OPEN_FINDINGS } from './searches.ts';

const FINDINGS = 'detection_finding';

export const FINDINGS_TRIAGE: Dashboard = {
  name: 'findings',
  title: 'GuardDuty and findings triage',
  description:
    'Detections of GuardDuty, Security Hub, Access Analyzer, Macie and our own rules: what to take first, and how to get to the bytes behind it.',
  since: 'now-7d',
  rows: [
    sized(
      10,
      [
        28,
        note(
          'From a finding to its evidence',
          guide(
            'findings',
            `1. Open ${toSearch(OPEN_FINDINGS.name, 'open findings')} (or ${toSearch(GUARDDUTY_HIGH.name, 'GuardDuty')}), take the top one.`,
            '2. Click its actor, address or resource: everything else they did in the last week, of all sources.',
            '3. `npx strongroom investigate <finding>` writes the timeline; it ends with the command that shows the sealed bytes of a finding of ours. *unmapped.evidence* is their key; type it, do not paste it, if the finding is of another product.',
            '4. What to do stands in the finding (`remediation`) and in the alert.',
          ),
        ),
      ],
      [
        20,
        numbers(
          'Findings',
          { from: FINDINGS },
          [count()],
          filters({
            'Critical, open': `severity_id:(5 OR 6) AND ${OPEN}`,
            'High, open': `severity_id:4 AND ${OPEN}`,
            'Medium, open': `severity_id:3 AND ${OPEN}`,
          }),
        ),
      ],
    ),
    row(
      over('bar', 'Findings over time', { from: FINDINGS }, terms('severity_id', 'Severity', 8)),
      pie('Who found it', { from: FINDINGS }, terms('metadata.product.name', 'Product', 12)),
      pie('Where they stand', { from: FINDINGS }, terms('status_id', 'Status', 8)),
    ),
    row(
      table(
        'What was found',
        { from: FINDINGS, where: OPEN },
        [terms('finding_info.analytic.name', 'Detection', 20), terms('severity_id', 'Severity', 3)],
        [count(), last()],
      ),
      table(
        'By account',
        { from: FINDINGS, where: OPEN },
        [terms('cloud.account.uid', 'Account'), terms('metadata.product.name', 'Product', 8)],
        [count(), last()],
      ),
    ),
    row(
      table('Actors', { from: FINDINGS }, [terms('evidences.actor.user.uid', 'Actor')], [count(), last()]),
      table('Addresses', { from: FINDINGS }, [terms('evidences.src_endpoint.ip', 'Address')], [count(), last()]),
      table('Resources', { from: FINDINGS }, [terms('resources.uid', 'Resource'), terms('resources.type', 'Type', 1)]),
    ),
    row(
      table('ATT&CK tactics', { from: FINDINGS }, [
        terms('finding_info.attacks.tactic.uid', 'Tactic'),
        terms('finding_info.attacks.technique.uid', 'Technique', 5),
      ]),
      table('Types, as the product calls them', { from: FINDINGS }, [
        terms('finding_info.types', 'Type', 20),
        terms('metadata.product.name', 'Product', 3),
      ]),
    ),
    row(OPEN_FINDINGS),
  ],
};
