import { captionOf, rowOf, type Row } from '../../../shared/search/row.ts';
import { tableOf } from '../../../shared/search/table.ts';
import { toDocument } from '../../../shared/hub/document.ts';
import type { JsonObject } from '../../../shared/model.ts';
import { object, parseJson } from '../../../shared/outcome.ts';
import { goldenCases, runGolden } from '../../golden-runner.ts';

const EVENT: JsonObject = {
  class_uid: 6003,
  activity_id: 4,
  time: Date.UTC(2026, 10, 20, 8, 30, 46, 250),
  status_id: 2,
  cloud: { account: { uid: '222222222222' } },
  actor: { user: { name: 'lee', uid: 'arn:aws:iam::222222222222:user/lee' } },
  api: { operation: 'DeleteTrail', service: { name: 'cloudtrail.amazonaws.com' }, response: { error: 'AccessDenied' } },
  src_endpoint: { ip: '198.51.100.23' },
};

const hit = (event: JsonObject, id = 'p3rAAAAAQACgAAAAAAAABA') => ({ index: 'ocsf-api_activity-2026.11.20', id, event });

test('a call says who did what from where, and how it ended', () => {
  expect(rowOf(hit(EVENT))).toEqual({
    time: '2026-11-20 08:30:46Z',
    event: 'API Activity: Delete',
    account: '222222222222',
    who: 'user/lee',
    what: 'cloudtrail:DeleteTrail',
    from: '198.51.100.23',
    status: 'Failure AccessDenied',
    id: 'p3rAAAAAQACgAAAAAAAABA',
  });
});

test('an identity of another account is told with that account', () => {
  const actor = { user: { uid: 'arn:aws:sts::333333333333:assumed-role/Admin/lee' } };
  expect(rowOf(hit({ ...EVENT, actor })).who).toBe('333333333333:assumed-role/Admin/lee');
});

test('a flow, a request, a name and a finding', () => {
  const flow = { class_uid: 4001, dst_endpoint: { ip: '192.0.2.7', port: 443 }, traffic: { bytes: 12 } };
  const request = { class_uid: 4002, http_request: { http_method: 'GET', url: { hostname: 'bank.example', path: '/login' } } };
  const name = { class_uid: 4003, query: { hostname: 'bank.example', type: 'A' } };
  const finding = {
    class_uid: 2004,
    severity_id: 5,
    finding_info: { uid: 'x', title: 'Trail stopped' },
    evidences: [{ src_endpoint: { ip: '192.0.2.9' } }],
  };
  expect([flow, request, name, finding].map((event) => rowOf(hit(event)).what)).toEqual([
    'to 192.0.2.7 port 443, 12 bytes',
    'GET bank.example /login',
    'A bank.example',
    'Trail stopped',
  ]);
  expect(rowOf(hit(finding))).toMatchObject({ from: '192.0.2.9', status: 'Critical', event: 'Detection Finding' });
});

test('what the event itself calls its activity counts', () => {
  expect(rowOf(hit({ class_uid: 6003, activity_id: 99, activity_name: 'Rotate' })).event).toBe('API Activity: Rotate');
  expect(captionOf({ class_uid: 6003, activity_id: 4242 }, 'activity_id')).toBe('4242');
});

test('what an attacker writes stays on its line and moves no cursor', () => {
  const path = '/a\r\n2026-11-20 forged\u001b[2J\u202Eevil\u0000';
  const row = rowOf(hit({ class_uid: 4002, http_request: { url: { path } } }));
  expect(row.what).toBe('/a 2026-11-20 forged [2J evil');
});

test('every event of every source has its line', async () => {
  for (const golden of goldenCases()) {
    for (const event of (await runGolden(golden)).events) {
      const document = toDocument(event);
      const row = rowOf({ ...document, event: object(parseJson(document.json)) ?? {} });
      expect(Object.values(row).join('')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      expect(row.time).toMatch(/^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}Z$/);
      expect([golden.source, row.event, row.what]).not.toContain('');
    }
  }
});

describe('table', () => {
  const row: Row = rowOf(hit(EVENT));
  const long: Row = { ...row, what: 'x'.repeat(300), who: 'ü'.repeat(40) };

  test.each([60, 80, 100, 120, 140, 200])('fits into %i characters, and never cuts time or id', (width) => {
    const table = tableOf([row, long], width);
    for (const line of [...table.head, table.line(row), table.line(long)]) expect(line.length).toBeLessThanOrEqual(Math.max(width, 80));
    expect(table.line(long)).toContain(row.time);
    expect(table.line(long)).toContain(row.id);
  });

  test('without a terminal nothing is cut', () => {
    expect(tableOf([long], Infinity).line(long)).toContain(long.what);
  });

  test('rows that come later are cut to the columns', () => {
    const table = tableOf([row], 200);
    expect(table.line(long)).toContain('…');
    expect(table.line(long).indexOf(row.id)).toBe(table.line(row).indexOf(row.id));
  });

  test('letters of more than one code point are one wide and never torn', () => {
    const wide: Row = { ...row, who: 'e\u0301'.repeat(50) };
    const table = tableOf([wide], 120);
    expect(table.line(wide)).toMatch(/(?:e\u0301)+…/);
  });
});
