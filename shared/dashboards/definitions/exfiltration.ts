// Ways out of the bank. https://attack.mitre.org/tactics/TA0010/
import type { Dashboard } from '../model.ts';
import { chart, count, distinct, last, note, numbers, over, row, sized, sum, table, terms, time } from '../panels.ts';
import { guide, toSearch } from './notes.ts';
import { EXPORTS, PRIVATE } from './queries.ts';
import { DATA_LEAVING } from './searches.ts';

const READS = {
  from: 'api_activity',
  where:
    'api.service.name:"s3.amazonaws.com" AND api.operation:(GetObject OR REST.GET.OBJECT OR CopyObject OR REST.COPY.OBJECT_GET OR SelectObjectContent)',
};
// Access logs of S3 tell those who signed in nowhere; websites are read so as a matter of course.
const ANONYMOUS = 'metadata.product.name:"Amazon S3" AND actor.user.name:Anonymous AND api.operation:*GET.OBJECT';
const OUTWARD = {
  from: 'network_activity',
  where: `(${PRIVATE('src_endpoint.ip')}) AND _exists_:dst_endpoint.ip AND NOT (${PRIVATE('dst_endpoint.ip')})`,
};
const QUERIES = { from: 'datastore_activity' };
const BULK = 'query_info.query_string:(copy OR outfile OR unload OR dumpfile OR pg_dump OR export)';

export const EXFILTRATION: Dashboard = {
  name: 'exfiltration',
  title: 'Data exfiltration (S3, RDS)',
  description: 'Who reads objects, dumps tables, shares snapshots and sends bytes out of the bank.',
  since: 'now-24h',
  rows: [
    sized(
      8,
      [
        28,
        note(
          'What to look for',
          guide(
            'exfiltration',
            '- An actor or address that reads far more objects than the others: *Objects read by actor*. GuardDuty may have said so already.',
            `- ${toSearch(DATA_LEAVING.name, 'Snapshots, exports, policies')}: whom were they shared with? It stands in the request.`,
            '- Bytes from inside to one address outside: *Bytes out by target*; click it for who talks to it.',
          ),
        ),
      ],
      [
        20,
        numbers('Objects read', READS, [count('Reads'), distinct('actor.user.uid', 'Actors'), distinct('src_endpoint.ip', 'Addresses')]),
      ],
    ),
    row(
      chart('area', 'Bytes out over time', OUTWARD, {
        metrics: [sum('traffic.bytes', 'Bytes')],
        buckets: [time(), terms('dst_endpoint.ip', 'Target', 8)],
      }),
      over('bar', 'Objects read over time', READS, terms('actor.user.uid', 'Actor', 8)),
    ),
    row(
      table(
        'Bytes out by target',
        OUTWARD,
        [terms('dst_endpoint.ip', 'Target')],
        [sum('traffic.bytes', 'Bytes'), distinct('src_endpoint.ip', 'Sources'), last()],
      ),
      table(
        'Bytes out by source',
        OUTWARD,
        [terms('src_endpoint.ip', 'Source')],
        [sum('traffic.bytes', 'Bytes'), distinct('dst_endpoint.ip', 'Targets'), last()],
      ),
    ),
    row(
      table(
        'Objects read by actor',
        READS,
        [terms('actor.user.uid', 'Actor')],
        [count('Reads'), distinct('resources.uid', 'Resources'), distinct('src_endpoint.ip', 'Addresses'), last()],
      ),
      table(
        'Read without signing in',
        { from: 'api_activity', where: ANONYMOUS },
        [terms('resources.name', 'Bucket'), terms('src_endpoint.ip', 'Address', 5)],
        [count('Reads'), last()],
      ),
      table(
        'Snapshots, exports, bucket policies',
        { from: 'api_activity', where: EXPORTS },
        [terms('api.operation', 'Operation'), terms('actor.user.uid', 'Actor', 5)],
        [count(), last()],
      ),
    ),
    row(
      table(
        'Who asks databases',
        QUERIES,
        [terms('database.name', 'Database'), terms('actor.user.name', 'User', 5), terms('src_endpoint.ip', 'Address', 3)],
        [count('Statements'), last()],
      ),
      table(
        'Statements in bulk',
        { ...QUERIES, where: BULK },
        [terms('database.name', 'Database'), terms('actor.user.name', 'User', 5)],
        [count('Statements'), last()],
      ),
    ),
    row(
      table(
        'Files taken out of the office',
        { from: 'file_hosting', where: 'activity_id:(2 OR 12)' },
        [terms('actor.user.name', 'User'), terms('activity_id', 'What', 5), terms('file.name', 'File', 5)],
        [count(), last()],
      ),
      table(
        'Buckets with sensitive data',
        { from: 'data_security_finding' },
        [terms('databucket.name', 'Bucket'), terms('severity_id', 'Severity', 3)],
        [count('Findings'), last()],
      ),
    ),
  ],
};
