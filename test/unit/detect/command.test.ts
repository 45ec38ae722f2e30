// `strongroom detect` on files as they come: one JSON document, NDJSON, gzip; rules that are right, wrong and of other logs.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { detectCommand, type DetectOptions } from '../../../cli/commands/detect.ts';
import { bankNamed } from '../../../cli/bank.ts';
import { shippedPack } from '../../../shared/detect/pack.ts';
import { loadDocuments } from '../../../shared/detect/sigma/load.ts';
import { resolve } from '../../../shared/detect/sigma/resolve.ts';

let folder = '';
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'strongroom-detect-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function written(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

function collecting(): { readonly stream: Writable; readonly lines: () => readonly string[] } {
  let text = '';
  const stream = new Writable({
    write(chunk: Buffer, _, done) {
      text += chunk.toString();
      done();
    },
  });
  return { stream, lines: () => text.split('\n').slice(0, -1) };
}

async function detect(
  files: readonly string[],
  options: DetectOptions,
): Promise<{ code: number; out: readonly string[]; err: readonly string[] }> {
  const [out, err] = [collecting(), collecting()];
  const code = await detectCommand(files, options, { out: out.stream, err: err.stream });
  return { code, out: out.lines(), err: err.lines() };
}

const START = Date.parse('2026-03-02T09:00:00Z');

function record(eventName: string, minute: number, user = 'ann'): object {
  return {
    eventVersion: '1.11',
    userIdentity: { type: 'IAMUser', arn: `arn:aws:iam::222222222222:user/${user}`, accountId: '222222222222', userName: user },
    eventTime: new Date(START + minute * 60_000).toISOString().replace('.000', ''),
    eventSource: 'cloudtrail.amazonaws.com',
    eventName,
    awsRegion: 'eu-central-1',
    sourceIPAddress: '198.51.100.7',
    userAgent: 'aws-cli/2',
    requestParameters: { name: 'main' },
    responseElements: null,
    requestID: `r-${eventName}-${minute}`,
    eventID: `e-${eventName}-${minute}-${user}`,
    eventType: 'AwsApiCall',
    recipientAccountId: '222222222222',
  };
}

const ID = (last: number): string => `00000000-0000-4000-8000-${String(last).padStart(12, '0')}`;

const RULES = `title: Trail stopped
id: ${ID(1)}
level: high
logsource: {product: aws, service: cloudtrail}
detection: {s: {eventName: StopLogging}, condition: s}
---
title: Never met
id: ${ID(2)}
logsource: {product: aws, service: cloudtrail}
detection: {s: {eventName: Nothing}, condition: s}
---
title: Looked up
name: lookup
id: ${ID(3)}
level: low
logsource: {product: aws, service: cloudtrail}
detection: {s: {eventName|startswith: [Describe, List]}, condition: s}
---
title: Many look-ups
id: ${ID(4)}
level: critical
correlation:
  type: event_count
  rules: [lookup]
  group-by: [userIdentity.arn]
  timespan: 10m
  condition: {gte: 3}
`;

const RECORDS = [
  record('StopLogging', 0),
  ...[1, 2, 3].map((minute) => record('ListTrails', minute)),
  record('DescribeTrails', 2, 'ben'),
  record('StopLogging', 50, 'carl\u001b[31m'),
];

describe('detect', () => {
  it('prints one line of JSON per rule, those without matches and correlations too, and nothing else', async () => {
    const rules = [written('rules.yml', RULES)];
    const expected = [
      { id: ID(1), title: 'Trail stopped', matches: 2 },
      { id: ID(2), title: 'Never met', matches: 0 },
      { id: ID(3), title: 'Looked up', matches: 4 },
      { id: ID(4), title: 'Many look-ups', matches: 1 },
    ];
    const files = [
      written('one.json', JSON.stringify({ Records: RECORDS })),
      written('lines.json', RECORDS.map((one) => JSON.stringify(one)).join('\n')),
      written('one.json.gz', gzipSync(JSON.stringify({ Records: RECORDS }))),
    ];
    for (const file of files) {
      const { code, out, err } = await detect([file], { rules, json: true });
      expect({ code, lines: out.map((line) => JSON.parse(line) as unknown) }).toEqual({ code: 0, lines: expected });
      expect(err).toEqual(['detect: 4 rules', 'detect: 6 records = 6 events + 0 excluded + 0 that could not be read']);
    }
  });

  it('prints a table of what was met for people, the gravest first, without what only serves others', async () => {
    const { out } = await detect([written('t.json', JSON.stringify({ Records: RECORDS }))], { rules: [written('t.yml', RULES)] });
    expect(out).toEqual([
      'level     matches  first                 last                  rule           who',
      'critical  1        2026-03-02T09:01:00Z  2026-03-02T09:01:00Z  Many look-ups  arn:aws:iam::222222222222:user/ann',
      'high      2        2026-03-02T09:00:00Z  2026-03-02T09:50:00Z  Trail stopped  arn:aws:iam::222222222222:user/ann, arn:aws:iam::222222222222:user/carl?[31m',
    ]);
    const none = await detect([written('n.json', JSON.stringify({ Records: [record('GetTrail', 1)] }))], {
      rules: [written('t.yml', RULES)],
    });
    expect(none).toMatchObject({ code: 0, out: ['no rule was met'] });
  });

  it('names what it cannot use, with file, line and reason, and goes on', async () => {
    const broken = `${RULES}---\ntitle: Broken\nlogsource: {product: aws, service: cloudtrail}\ndetection:\n  s:\n    a|base32: x\n  condition: s\n`;
    const windows =
      "---\ntitle: Elsewhere\nlogsource: {category: process_creation, product: windows}\ndetection: {s: {Image: 'x'}, condition: s}\n";
    const listed =
      "---\ntitle: Listed\nname: listed\nlogsource: {product: aws, service: cloudtrail}\ndetection: {s: {'userIdentity.userName|expand': '%people%'}, condition: s}\n";
    const chain = '---\ntitle: Chain\ncorrelation: {type: temporal, rules: [listed, lookup], timespan: 1m}\n';
    const rules = [written('broken.yml', broken + windows + listed + chain)];
    const file = written(
      'b.json',
      `${JSON.stringify(record('StopLogging', 0))}\n{"eventVersion":"1.11","awsRegion":"x","eventName":"x","eventID":"1"}\n`,
    );
    const { code, out, err } = await detect([file], { rules, json: true });
    expect(code).toBe(0);
    expect(out).toHaveLength(4);
    expect(err).toEqual([
      `detect: ${join(folder, 'broken.yml')}:33: modifier "base32" is not known`,
      expect.stringMatching(/broken\.yml:40: rule "Listed" \(.*\): there is no list "people" for the placeholder %people%$/),
      expect.stringMatching(/broken\.yml:45: a rule that it builds on cannot be used$/),
      expect.stringMatching(/broken\.yml:36: process_creation\/windows is no log source here$/),
      'detect: 4 rules; 3 cannot be used, 1 are for other logs',
      'detect: 2 records = 1 events + 0 excluded + 1 that could not be read',
    ]);
    const given = await detect([file], { rules, json: true, list: ['people=ann,ben'] });
    expect(given.out.map((line) => JSON.parse(line) as { title: string; matches: number })).toContainEqual({
      id: expect.any(String) as string,
      title: 'Listed',
      matches: 1,
    });
  });

  it('runs the rules that ship where none are named', async () => {
    const { rules, correlations } = shippedPack();
    const { code, out } = await detect([written('s.json', JSON.stringify({ Records: RECORDS }))], { json: true });
    expect(code).toBe(0);
    expect(out).toHaveLength(rules.length + correlations.length);
    expect(out.map((line) => JSON.parse(line) as unknown)).toContainEqual(
      expect.objectContaining({ title: 'CloudTrail stopped or deleted', matches: 2 }),
    );
  });

  it('takes the format by name', async () => {
    const line = '2 222222222222 eni-1 10.20.1.17 198.51.100.67 51514 443 6 20 4249 1772442000 1772442060 REJECT OK';
    const rules = [
      written(
        'flow.yml',
        'title: Rejected\nlogsource: {product: aws, service: vpcflow}\ndetection: {s: {action: REJECT, dstport|lte: 443}, condition: s}\n',
      ),
    ];
    const { code, out } = await detect([written('flow.log', `${line}\n`)], { rules, json: true, source: 'vpc-flow' });
    expect(code).toBe(0);
    expect(out.map((one) => JSON.parse(one) as unknown)).toMatchObject([{ title: 'Rejected', matches: 1 }]);
  });

  it.each([
    [{ source: 'cloudtrial' }, 'no such source (found "cloudtrial"; did you mean "cloudtrail"?)'],
    [{ list: ['people'] }, '--list people: write it as name=value,value'],
    [{ rules: ['/nowhere'] }, '--rules /nowhere: cannot be read (ENOENT)'],
  ])('says what is wrong with %j', async (options, reason) => {
    const { code, out, err } = await detect([written('u.json', '{}')], options);
    expect({ code, out }).toEqual({ code: 2, out: [] });
    expect(err[0]).toContain(`detect: ${reason}`);
  });

  it('ends with 2 where there is no rule to use or no such file, with 3 where nobody knows the file', async () => {
    const rules = [written('ok.yml', RULES)];
    const file = written('ok.json', JSON.stringify({ Records: RECORDS }));
    expect(await detect([file], { rules: [written('bad.yml', 'title: x\n')] })).toMatchObject({ code: 2, out: [] });
    expect(await detect([join(folder, 'nothing.json')], { rules })).toMatchObject({
      code: 2,
      err: [expect.stringContaining('no such file')],
    });
    expect(await detect([folder], { rules })).toMatchObject({ code: 2, err: [expect.stringContaining('is a folder')] });
    expect(await detect([written('odd.bin', '\u0000\u0001 nothing known')], { rules, json: true })).toMatchObject({ code: 3 });
    // One that nobody knows does not keep the others from being read.
    expect(await detect([written('odd.bin', '\u0000\u0001 nothing known'), file], { rules, json: true })).toMatchObject({ code: 0 });
  });

  it('runs the rules as a bank has them: its own, without those that it has disabled', async () => {
    const pack = resolve(loadDocuments(RULES, 'own.yml'));
    const bank = {
      ...bankNamed('demo'),
      rules: { rules: pack.rules, correlations: [], silent: [] },
      detections: { disable: [{ rule: ID(2), reason: 'nothing of the kind is there' }] },
    };
    const { code, out } = await detect([written('bank.json', JSON.stringify({ Records: RECORDS }))], { bank, json: true });
    const lines = out.map((line) => JSON.parse(line) as { id: string; matches: number });
    expect(code).toBe(0);
    expect(lines.find(({ id }) => id === ID(1))).toMatchObject({ matches: 2 });
    expect(lines.find(({ id }) => id === ID(2))).toBeUndefined();
    expect(lines.length).toBeGreaterThan(shippedPack().rules.length);
  });

  it('leaves the files as they are', () => {
    expect(readFileSync(join(folder, 'one.json'), 'utf8')).toBe(JSON.stringify({ Records: RECORDS }));
  });
});
