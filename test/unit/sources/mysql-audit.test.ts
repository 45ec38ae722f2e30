import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import fc from 'fast-check';
import { parseCloudWatchBatch, readCloudWatchBatch } from '../../../shared/decode/cloudwatch-batch.ts';
import { createNormaliser } from '../../../shared/normalise.ts';
import { SOURCES, sourceNamed } from '../../../shared/sources/registry.ts';
import { mysqlAudit } from '../../../shared/sources/mysql-audit.ts';
import { validateEvent } from '../../ocsf.ts';
import { eventOf, originOf, runFile } from './log-run.ts';

const TIME = '1767225600123456';

test('every log of an RDS database has one source, other groups have none', () => {
  const claimed = (logGroup: string): string[] =>
    SOURCES.filter((source) => source.claims({ trigger: 'logs', logGroup, logStream: 'x' })).map(({ name }) => name);
  for (const place of ['/aws/rds/instance/shop-db', '/aws/rds/cluster/shop']) {
    expect(claimed(`${place}/audit`)).toEqual(['mysql-audit']);
    expect(claimed(`${place}/error`)).toEqual(['mysql-error']);
    expect(claimed(`${place}/slowquery`)).toEqual(['mysql-slow']);
    expect(claimed(`${place}/general`)).toEqual(['mysql-general']);
    expect(claimed(`${place}/postgresql`)).toEqual(['postgresql']);
    expect(claimed(`${place}/upgrade`)).toEqual(['postgresql']);
  }
  for (const group of [
    '/aws/rds/instance/a/b/audit',
    '/aws/rds/proxy/a',
    '/bank/aws/rds/instance/a/audit',
    '/aws/rds/instance/a/audit/x',
    '/aws/rds/instance//audit',
  ]) {
    expect([group, claimed(group)]).toEqual([group, []]);
  }
  expect(mysqlAudit.claims({ trigger: 's3', bucket: 'b', key: '/aws/rds/instance/a/audit' })).toBe(false);
});

describe('a line says who it was, or nothing', () => {
  const name = fc.string({
    unit: fc.constantFrom(
      'a',
      'Z',
      '0',
      ',',
      "'",
      '`',
      '@',
      ' ',
      'é',
      ',1,2,',
      ',CONNECT,',
      ',QUERY,',
      ",'",
      ",1,2,0,CONNECT,'",
      ",1,2,0,QUERY,'",
    ),
    maxLength: 8,
  });
  const host = fc.constantFrom('10.0.0.5', 'client.example', '2001:db8::5');

  test('in connections', () => {
    fc.assert(
      fc.property(name, host, name, fc.constantFrom('CONNECT', 'FAILED_CONNECT', 'DISCONNECT'), (user, from, database, operation) => {
        const { events, parked } = runFile(mysqlAudit, `${TIME},db-1,${user},${from},42,0,${operation},${database},,0\n`);
        expect(events.length + parked.length).toBe(1);
        for (const event of events)
          expect(event).toMatchObject({ user: { name: user }, session: { uid: '42' }, metadata: { event_code: operation } });
        if (!/[,']/.test(user + database)) expect(events).toHaveLength(1);
      }),
      {
        numRuns: 2000,
        examples: [
          [",1,2,0,CONNECT,'", '10.0.0.5', '', 'CONNECT'],
          [",1,2,QUERY,'", '10.0.0.5', '', 'FAILED_CONNECT'],
        ],
      },
    );
  });

  test('in statements, which are recovered as they were', () => {
    const sql = fc
      .string({ unit: fc.constantFrom('a', "'", ',', '\\', '\n', '\t', '"', ' ', '1', ",'", "',0", 'é') })
      .map((text) => `select ${text}.`);
    fc.assert(
      fc.property(fc.constantFrom('app', 'o,p'), host, sql, fc.constantFrom(',0', ',1064', ',0,,'), (user, from, statement, end) => {
        const escaped = statement.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n').replaceAll('\t', '\\t');
        const event = eventOf(mysqlAudit, `${TIME},db-1,${user},${from},42,7,QUERY,shop,'${escaped}'${end}\n`);
        expect(event).toMatchObject({
          actor: { user: { name: user } },
          query_info: { uid: '7', query_string: statement },
          status_code: end.replaceAll(',', ''),
        });
        expect(validateEvent(event)).toEqual([]);
      }),
    );
  });
});

test('passwords that the server did not hide are in no event', () => {
  const line = `${TIME},db-1,app,10.0.0.5,42,7,QUERY,shop,'ALTER USER \\'a\\' IDENTIFED BY \\'x\\'; SET PASSWORD FOR b = \\'hunter2\\'',1064\n`;
  expect(JSON.stringify(eventOf(mysqlAudit, line))).not.toContain('hunter2');
});

const SAMPLE = resolve(process.cwd(), '../shared/samples/rds/cloudwatch-batches.log');
(existsSync(SAMPLE) ? describe : describe.skip)('real batches', () => {
  test('every log event is a valid event of the source that the log group names', () => {
    // One object behind the other, without anything between them.
    const batches = readFileSync(SAMPLE, 'utf8').split(/(?<=\})(?=\{"messageType")/);
    expect(batches.length).toBeGreaterThan(2);
    for (const text of batches) {
      const batch = parseCloudWatchBatch(text);
      if (batch.kind !== 'value') throw new Error('no batch');
      const { logGroup, logStream, owner, events } = batch.value;
      const source = SOURCES.find((candidate) => candidate.claims({ trigger: 'logs', logGroup, logStream }));
      const seen: string[] = [];
      const parked: string[] = [];
      const normaliser = createNormaliser({
        origin: { ...originOf(source?.name ?? ''), account: owner },
        source: sourceNamed(source?.name ?? ''),
        logGroup,
        logStream,
        transforms: [],
        onEvent: (event) => seen.push(...validateEvent(event), event.metadata.uid),
        onParked: ({ detail }) => parked.push(detail),
      });
      readCloudWatchBatch(batch.value, normaliser);
      const { counts } = normaliser.end();
      expect([logGroup, parked, new Set(seen).size]).toEqual([logGroup, [], events.length]);
      expect(counts).toMatchObject({ events: events.length, parked: 0 });
    }
  });
});
