import fc from 'fast-check';
import type { OcsfEvent } from '../../../shared/model.ts';
import { findingKey, messageOf, type AlertMessage } from '../../../shared/alert/message.ts';
import { BANK, guardDutyFinding, ownFinding } from './findings.ts';

const CONTEXT = { bank: BANK, vaultBucket: 'strongroom-demo-vault', evidence: 'cloudtrail/2026/03/02/abc' };

function message(finding: OcsfEvent): AlertMessage {
  return messageOf(finding, CONTEXT);
}

/** The JSON of the last line. */
function lastLine(body: string): Record<string, unknown> {
  return JSON.parse(body.slice(body.lastIndexOf('\n') + 1)) as Record<string, unknown>;
}

describe('messageOf', () => {
  it('says what, who, where, when, how bad, which evidence and what to do', () => {
    const { subject, body } = message(ownFinding());
    expect(subject).toBe('[HIGH] Root user activity - account 222222222222 (payments-prod)');
    expect(body.slice(0, body.lastIndexOf('\n'))).toBe(
      [
        'Root user activity',
        '',
        'The root user was used.',
        '',
        'What:      CreateUser (iam.amazonaws.com), refused: AccessDenied',
        'Who:       arn:aws:iam::222222222222:root',
        'From:      198.51.100.7',
        'Where:     account 222222222222 (payments-prod), eu-central-1',
        'When:      2026-03-02 09:14:05 UTC',
        'Details:   {"userAgent":["aws-cli"]}',
        'Severity:  high',
        'Source:    Strongroom, Root user activity',
        'Bank:      demo',
        'Finding:   own-1 in ocsf-detection_finding-*',
        'Evidence:  s3://strongroom-demo-vault/cloudtrail/2026/03/02/abc',
        '           https://eu-central-1.console.aws.amazon.com/s3/object/strongroom-demo-vault?region=eu-central-1&prefix=cloudtrail%2F2026%2F03%2F02%2Fabc',
        '           npx strongroom evidence show cloudtrail/2026/03/02/abc --reason "finding own-1"',
        '',
        'What to do',
        'Ask the owner.',
        '',
        'The finding as JSON (OCSF) is the last line.',
        '',
      ].join('\n'),
    );
  });

  it('offers no command that an id could end', () => {
    const finding = guardDutyFinding(5);
    const { body } = message({ ...finding, finding_info: { uid: '"; curl evil.example #' } });

    expect(body).toContain('--reason "a finding"');
    expect(
      body
        .split('\n')
        .filter((line) => line.includes('npx strongroom'))
        .join(),
    ).not.toContain('curl');
  });

  it('describes findings of other products as well', () => {
    const { subject, body } = message(guardDutyFinding(5));
    expect(subject).toBe('[CRITICAL] The instance talks to an address that is used for mining.');
    expect(body).toContain('From:      10.20.1.17 port 51514 (i-1)');
    expect(body).toContain('To:        203.0.113.9 port 8333');
    expect(body).toContain('On:        i-1');
    expect(body).toContain('When:      2026-03-02 09:14:05 UTC to 2026-03-02 09:15:05 UTC, 3 times');
    expect(body).toContain('Source:    GuardDuty, CryptoCurrency:EC2/BitcoinTool.B');
    expect(body).toContain('Open the finding in the product that reported it');
  });

  it('carries the finding as JSON on the last line', () => {
    const finding = ownFinding();
    const { id, body } = message(finding);
    expect(lastLine(body)).toEqual({
      alert: id,
      action: 'create',
      bank: 'demo',
      evidence: CONTEXT.evidence,
      finding: JSON.parse(JSON.stringify(finding)) as unknown,
    });
  });

  it('has attributes to filter by', () => {
    const { attributes } = message(ownFinding());
    expect(
      Object.fromEntries(Object.entries(attributes).map(([name, { DataType, StringValue }]) => [name, [DataType, StringValue]])),
    ).toEqual({
      action: ['String', 'create'],
      severity: ['String', 'high'],
      severity_id: ['Number', '4'],
      account: ['String', '222222222222'],
      region: ['String', 'eu-central-1'],
      product: ['String', 'Strongroom'],
      rule: ['String', 'Root user activity'],
      rule_id: ['String', 'rule-1'],
      source: ['String', 'unknown'],
    });
  });

  it('has one id per finding and severity', () => {
    expect(message(guardDutyFinding(4, { count: 99 })).id).toBe(message(guardDutyFinding(4)).id);
    expect(message(guardDutyFinding(5)).id).not.toBe(message(guardDutyFinding(4)).id);
    expect(messageOf(guardDutyFinding(4), { ...CONTEXT, bank: { ...BANK, bank: 'other' } }).id).not.toBe(message(guardDutyFinding(4)).id);
    expect(findingKey(guardDutyFinding(5), 'demo')).toBe(findingKey(guardDutyFinding(4), 'demo'));
  });

  it('writes subjects in plain ASCII', () => {
    const titled = (title: string): string => message(guardDutyFinding(4, { finding_info: { uid: 'x', title } })).subject;
    expect(titled('Über\nalles – “quoted”')).toBe('[HIGH] Uber alles quoted - account 222222222222 (payments-prod)');
    expect(titled('x'.repeat(500))).toHaveLength(100);
    expect(titled('日本')).toMatch(/^\[HIGH\]/);
  });

  it('shortens what does not fit, and says so', () => {
    const many = Array.from({ length: 2000 }, (_, at) => ({ src_endpoint: { ip: '198.51.100.7', hostname: `h${at}-${'x'.repeat(200)}` } }));
    const { body } = message(ownFinding({ evidences: many }));
    expect(Buffer.byteLength(body)).toBeLessThanOrEqual(250_000);
    expect(lastLine(body)).toMatchObject({ truncated: true, finding: { metadata: { uid: 'own-1' } } });
    expect((lastLine(body)['finding'] as { evidences: unknown[] }).evidences).toHaveLength(5);
    const huge = message(ownFinding({ evidences: [{ data: 'x'.repeat(400_000) }] }));
    expect(Buffer.byteLength(huge.body)).toBeLessThanOrEqual(250_000);
    expect(lastLine(huge.body)).toMatchObject({ truncated: true, bank: 'demo' });
  });

  it('keeps the rules of SNS and SQS whatever the finding holds', () => {
    const words = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 600 }),
      fc.constantFrom('\uffff', 'a\ufffeb', '\ud800', 'x\u0000y\u001b[31m'),
    );
    const parts = fc.record(
      {
        title: words,
        desc: words,
        user: words,
        resource: words,
        product: words,
        analytic: words,
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(parts, ({ title, desc, user, resource, product, analytic }) => {
        const finding = guardDutyFinding(4, {
          metadata: { uid: 'u', version: '1.8.0', product: { name: product ?? 'p', vendor_name: 'v' } },
          finding_info: { uid: 'f', title, desc, analytic: { name: analytic } },
          evidences: [{ actor: { user: { uid: user } } }],
          resources: [{ uid: resource }],
        });
        const { subject, body, attributes } = message(finding);
        expect(subject).toMatch(/^\[[\x20-\x7e]{1,99}$/);
        expect(Buffer.byteLength(body)).toBeLessThanOrEqual(250_000);
        // What SQS takes: tab, line feed, carriage return, and everything else that XML 1.0 allows.
        expect(body).toMatch(/^[\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u);
        expect(lastLine(body)).toMatchObject({ bank: 'demo' });
        expect(Object.keys(attributes).length).toBeLessThanOrEqual(10);
        for (const { StringValue } of Object.values(attributes)) {
          expect(StringValue).toMatch(/^[^\p{Cs}]+$/u);
          expect(StringValue?.length).toBeLessThanOrEqual(256);
        }
      }),
      { numRuns: 300 },
    );
  });
});
