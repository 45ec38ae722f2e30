// The platform's own findings (shared/complete/signals.ts), and when each source was last heard of. https://schema.ocsf.io/1.8.0/classes/detection_finding
import { ALL, type Dashboard } from '../model.ts';
import {
  bars,
  chart,
  count,
  distinct,
  filters,
  heatmap,
  last,
  longestSilent,
  note,
  numbers,
  over,
  row,
  sized,
  table,
  terms,
  time,
} from '../panels.ts';
import { guide } from './notes.ts';
import { OWN_FINDINGS } from './searches.ts';

const OWN = 'metadata.product.name:Strongroom';
const FAILURES = { from: 'detection_finding', where: `${OWN} AND finding_info.types:"logging-failure"` };

export const PLATFORM: Dashboard = {
  name: 'platform',
  title: 'Platform health and conservation',
  description: 'Whether every source still arrives, what the platform found about itself, and how much there is per source and day.',
  since: 'now-7d',
  rows: [
    sized(
      11,
      [
        28,
        note(
          'What is here, and what is not',
          guide(
            'platform',
            'Here: what the index holds. Silent sources, missing digests and files, skipped offsets and rewritten logs are findings of the platform (`watch`, every quarter of an hour): opened once, closed when it is over.',
            '',
            'Not here: the sum `records = events + excluded + parked`. It is in CloudWatch, namespace *Strongroom*, metrics `Records`, `Events`, `Excluded`, `Parked` by `Bank` and `Source`; the alarms on queues, streams and dead letters are there too. An index that is behind cannot tell that it is.',
            '',
            '- `npx strongroom parked list`: what could not be processed. `npx strongroom verify --bank <name> --reason <why>`: is anything missing or altered.',
            '- `npx strongroom capacity`: room left, shards, days until full.',
          ),
        ),
      ],
      [20, numbers('Logging failures', FAILURES, [count()], filters({ Opened: 'activity_id:1', Closed: 'activity_id:3' }))],
    ),
    row(
      chart(
        'bar',
        'Events per source and day',
        { from: ALL },
        { metrics: [count()], buckets: [time('d'), terms('metadata.product.name', 'Source', 25)] },
      ),
    ),
    row(
      table(
        'Opened and closed',
        FAILURES,
        [terms('finding_info.analytic.name', 'Failure', 20), terms('activity_id', 'Message', 3)],
        [count(), last()],
      ),
      over('bar', 'Logging failures over time', FAILURES, terms('finding_info.analytic.name', 'Failure', 12)),
      table(
        'Failures by account',
        FAILURES,
        [terms('cloud.account.uid', 'Account'), terms('severity_id', 'Severity', 4)],
        [count(), last()],
      ),
    ),
    row(
      table(
        'Sources, the longest silent first',
        { from: ALL },
        [longestSilent('metadata.product.name', 'Source')],
        [last(), count(), distinct('cloud.account.uid', 'Accounts')],
      ),
      heatmap('Sources and regions', { from: ALL }, [terms('cloud.region', 'Region', 15), terms('metadata.product.name', 'Source', 25)]),
    ),
    row(
      bars('Events by class', { from: ALL }, [terms('class_uid', 'Class', 25)]),
      table(
        'Kept as it came (no class of its own)',
        { from: 'base_event' },
        [terms('metadata.product.name', 'Source', 20), terms('metadata.log_name', 'Log', 5)],
        [count(), last()],
      ),
      table(
        'What our rules found',
        { from: 'detection_finding', where: `${OWN} AND finding_info.types:sigma` },
        [terms('finding_info.analytic.name', 'Rule', 20)],
        [count(), last()],
      ),
    ),
    row(OWN_FINDINGS),
  ],
};
