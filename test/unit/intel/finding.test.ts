// Events that meet indicators: what is added to them, and what becomes a finding.
import fc from 'fast-check';
import { createEnrichment, type Enricher, type EnrichmentDeps } from '../../../shared/enrich/enrich.ts';
import type { IntelFeed } from '../../../shared/intel/config.ts';
import { intelFindings } from '../../../shared/intel/finding.ts';
import { createIndexBuilder, type IndexRecord } from '../../../shared/intel/index/build.ts';
import { createIntelIndex } from '../../../shared/intel/index/match.ts';
import { digestOf, openIndex } from '../../../shared/intel/index/open.ts';
import type { IndicatorType } from '../../../shared/intel/indicator.ts';
import { createMatcher, MAX_HITS, type Matcher } from '../../../shared/intel/matcher.ts';
import { entriesOf, withOsint } from '../../../shared/intel/osint.ts';
import type { OcsfEvent } from '../../../shared/model.ts';
import { redactor } from '../../../shared/redact/redact.ts';

import { validateEvent } from '../../ocsf.ts';

const DAY_MS = 86_400_000;
const T = Date.UTC(2026, 10, 20, 12);
const FEED: IntelFeed = { name: 'c2', format: 'list', severity: 'high' };
const HASH = 'ab'.repeat(32);

function matcherOf(records: readonly (readonly [IndicatorType, string, Partial<IndexRecord>?])[], allow: readonly string[] = []): Matcher {
  const builder = createIndexBuilder();
  for (const [type, value, more = {}] of records) {
    const times = { from: T - DAY_MS, until: T + DAY_MS, seen: T - DAY_MS };
    builder.add({
      ...{ type, value, exact: false, feed: 0, confidence: 90, tlp: 'CLEAR', fades: false, names: ['ExampleBot'], references: [], id: '7' },
      ...times,
      ...more,
    });
  }
  const file = builder.finish([{ name: 'c2' }, { name: 'other' }], T);
  return createMatcher(createIntelIndex(openIndex(file, digestOf(file))), allow);
}

const METADATA = { uid: 'event-1', version: '1.8.0', product: { name: 'Example', vendor_name: 'AWS' }, profiles: ['cloud'] };
const CLOUD = { provider: 'AWS', account: { uid: '222222222222' }, region: 'eu-central-1' };

function flow(more: object = {}): OcsfEvent {
  return {
    ...{ activity_id: 6, category_uid: 4, class_uid: 4001, type_uid: 400106, severity_id: 1, time: T, metadata: METADATA, cloud: CLOUD },
    src_endpoint: { ip: '10.1.2.3', port: 40_000, instance_uid: 'i-0aaa' },
    dst_endpoint: { ip: '198.51.100.7', port: 443 },
    ...more,
  };
}

function enriched(event: OcsfEvent, matcher: Matcher): OcsfEvent {
  return withOsint(event, matcher.match(event));
}

function found(events: readonly OcsfEvent[], feed: Partial<IntelFeed> = {}, retro = false): readonly OcsfEvent[] {
  return intelFindings(events, { bank: { bank: 'demo', intel: { feeds: [{ ...FEED, ...feed }] } }, evidence: 'key', retro });
}

const C2 = matcherOf([['ip', '198.51.100.7']]);

describe('what an event is matched on', () => {
  const all = matcherOf([
    ['ip', '198.51.100.7'],
    ['network', '203.0.113.0/24'],
    ['domain', 'bad.example'],
    ['url', 'ok.example/bin.sh?x=1'],
    ['hash', HASH],
    ['email', 'mallory@evil.example'],
    ['user_agent', 'evilbot/1.0'],
    ['wallet', 'evm:0xabcdefabcdefabcdefabcdefabcdefabcdefabcd'],
    ['cve', 'CVE-2026-12345'],
  ]);

  it.each<[string, object, string, string]>([
    ['an address', { dst_endpoint: { ip: '198.51.100.7' } }, 'dst_endpoint.ip', '198.51.100.7'],
    [
      'one on the way',
      { src_endpoint: { ip: '192.0.2.1', intermediate_ips: ['198.51.100.7'] } },
      'src_endpoint.intermediate_ips[]',
      '198.51.100.7',
    ],
    ['a network', { src_endpoint: { ip: '203.0.113.77' } }, 'src_endpoint.ip', '203.0.113.0/24'],
    ['a name asked for', { query: { hostname: 'WWW.bad.example.' } }, 'query.hostname', 'bad.example'],
    ['an answer', { answers: [{ rdata: '198.51.100.7' }] }, 'answers[].rdata', '198.51.100.7'],
    ['an answer that is a name', { answers: [{ rdata: 'bad.example.' }] }, 'answers[].rdata', 'bad.example'],
    ['a host', { http_request: { url: { hostname: 'bad.example' } } }, 'http_request.url.hostname', 'bad.example'],
    [
      'a URL',
      { http_request: { url: { url_string: 'https://ok.example:443/bin.sh?x=1#a' } } },
      'http_request.url.url_string',
      'ok.example/bin.sh?x=1',
    ],
    [
      'a URL in parts',
      { http_request: { url: { hostname: 'ok.example', path: '/bin.sh', query_string: 'x=1' } } },
      'http_request.url.path',
      'ok.example/bin.sh?x=1',
    ],
    ['a hash', { file: { name: 'a', type_id: 1, hashes: [{ algorithm_id: 3, value: HASH.toUpperCase() }] } }, 'file.hashes[].value', HASH],
    ['an e-mail address', { actor: { user: { email_addr: 'Mallory@Evil.example' } } }, 'actor.user.email_addr', 'mallory@evil.example'],
    ['a name that is one', { user: { name: 'mallory@evil.example' } }, 'user.name', 'mallory@evil.example'],
    ['a user agent', { http_request: { user_agent: 'EvilBot/1.0' } }, 'http_request.user_agent', 'evilbot/1.0'],
    [
      'a wallet',
      { observables: [{ name: 'x', type_id: 99, type: 'Blockchain Address', value: '0xABCDEFabcdefabcdefabcdefabcdefabcdefabcd' }] },
      'observables[].value',
      '0xabcdefabcdefabcdefabcdefabcdefabcdefabcd',
    ],
    ['a vulnerability', { vulnerabilities: [{ cve: { uid: 'CVE-2026-12345' } }] }, 'vulnerabilities[].cve.uid', 'CVE-2026-12345'],
  ])('%s', (_, attributes, path, value) => {
    const event = { ...flow(), src_endpoint: undefined, dst_endpoint: undefined, ...attributes };
    expect(entriesOf(enriched(event, all))).toMatchObject([{ path, value, feed: 'c2' }]);
  });

  it('nothing else, and the event is then the same', () => {
    const event = flow({
      dst_endpoint: { ip: '198.51.100.8' },
      http_request: { url: { hostname: 'notbad.example', url_string: 'http://ok.example/' } },
    });
    expect(enriched(event, all)).toBe(event);
  });

  it('whatever it is made of', () => {
    const keys = fc.constantFrom(
      'src_endpoint',
      'dst_endpoint',
      'ip',
      'http_request',
      'url',
      'answers',
      'file',
      'hashes',
      'actor',
      'user',
      'observables',
      'vulnerabilities',
      'query',
      'email',
      'to',
      'x_forwarded_for',
    );
    const tree = fc.letrec((tie) => ({
      node: fc.oneof(
        { maxDepth: 4 },
        fc.string(),
        fc.constant(null),
        fc.integer(),
        fc.array(tie('node'), { maxLength: 3 }),
        fc.dictionary(keys, tie('node'), { maxKeys: 6 }),
      ),
    })).node;
    fc.assert(
      fc.property(fc.dictionary(keys, tree, { maxKeys: 8 }), (attributes) =>
        expect(enriched({ ...flow(), ...attributes }, all)).toBeDefined(),
      ),
      { numRuns: 300 },
    );
  });
});

describe('an enriched event', () => {
  it('is OCSF, and says what is known', () => {
    const event = enriched(
      flow(),
      matcherOf([
        [
          'ip',
          '198.51.100.7',
          { references: ['https://one.example/', 'https://two.example/'], names: ['ExampleBot', 'c2'], tlp: 'AMBER STRICT' },
        ],
      ]),
    );
    expect(event['osint']).toEqual([
      {
        ...{
          value: '198.51.100.7',
          type_id: 1,
          name: 'ExampleBot',
          vendor_name: 'c2',
          uid: 'strongroom:c2',
          external_uid: '7',
          risk_score: 90,
          confidence_id: 3,
        },
        ...{
          tlp: 'AMBER STRICT',
          comment: 'dst_endpoint.ip',
          labels: ['c2'],
          src_url: 'https://one.example/',
          references: ['https://two.example/'],
        },
        ...{ created_time: T - DAY_MS, expiration_time: T + DAY_MS },
      },
    ]);
    expect(event.metadata.profiles).toEqual(['cloud', 'osint']);
    expect(validateEvent(event)).toEqual([]);
    expect(
      validateEvent(
        enriched(
          flow(),
          matcherOf([
            ['network', '198.51.100.0/24'],
            ['ip', '198.51.100.7', { from: 0, until: undefined }],
          ]),
        ),
      ),
    ).toEqual([]);
  });

  it('has what counted when it happened', () => {
    const at = (time: number): unknown => enriched(flow({ time }), C2)['osint'];
    expect([T - DAY_MS - 1, T - DAY_MS, T + DAY_MS - 1, T + DAY_MS].map((time) => at(time) !== undefined)).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });

  it('has the most certain, and not more than a few', () => {
    const records = Array.from(
      { length: 9 },
      (_, at) => ['network', `198.51.${at < 8 ? 96 : 100}.0/${at + 16 === 24 ? 24 : 19}`, { confidence: 10 * at }] as const,
    );
    const entries = entriesOf(enriched(flow(), matcherOf(records.map(([type, value, more]) => [type, value, more]))));
    expect(entries?.map(({ confidence }) => confidence)).toEqual([80, 70, 60, 50, 40]);
    expect(entries).toHaveLength(MAX_HITS);
  });

  it('has nothing of what the bank allows', () => {
    const allow = ['198.51.100.0/24', 'good.example'];
    const matcher = matcherOf(
      [
        ['ip', '198.51.100.7'],
        ['domain', 'good.example'],
        ['url', 'www.good.example/x'],
        ['domain', 'notgood.example'],
      ],
      allow,
    );
    const event = flow({ query: { hostname: 'a.good.example' }, url: { url_string: 'http://www.good.example/x' } });
    expect(enriched(event, matcher)).toBe(event);
    expect(entriesOf(enriched(flow({ query: { hostname: 'notgood.example' } }), matcher))).toHaveLength(1);
  });

  it('keeps what others say, and nothing that pretends to be ours', () => {
    const theirs = { value: 'x', type_id: 1, vendor_name: 'Somebody' };
    const forged = { value: '192.0.2.1', type_id: 1, uid: 'strongroom:c2', risk_score: 100, tlp: 'CLEAR', comment: 'dst_endpoint.ip' };
    const event = enriched(flow({ dst_endpoint: { ip: '192.0.2.1' }, osint: [theirs, forged] }), C2);
    expect(event['osint']).toEqual([theirs]);
    expect(found([event])).toEqual([]);
  });
});

describe('a finding', () => {
  const [finding] = found([enriched(flow(), C2)]);

  it('is OCSF, and says what, who and where', () => {
    expect(finding).toMatchObject({
      severity_id: 4,
      is_alert: true,
      message: 'Connection to a listed address: 198.51.100.7 (ExampleBot), feed c2, i-0aaa',
      finding_info: {
        title: 'Connection to a listed address',
        types: ['intel'],
        analytic: { uid: 'strongroom-intel-c2', type_id: 9 },
        related_events_count: 1,
      },
      osint: [{ value: '198.51.100.7' }],
      cloud: CLOUD,
      unmapped: { evidence: 'key' },
    });
    expect(validateEvent(finding)).toEqual([]);
  });

  it('is one per indicator, host and day', () => {
    const other = flow({ src_endpoint: { ip: '10.1.2.4', instance_uid: 'i-0bbb', port: 40_000 } });
    const later = flow({ time: T + 1000, metadata: { ...METADATA, uid: 'event-2' } });
    const findings = found([flow(), later, other].map((event) => enriched(event, C2)));
    expect(findings.map(({ count }) => count)).toEqual([2, 1]);
    expect(found([enriched(later, C2)])[0]?.metadata.uid).toBe(finding?.metadata.uid);
    const tomorrow = matcherOf([['ip', '198.51.100.7', { until: T + 9 * DAY_MS }]]);
    expect(found([enriched(flow({ time: T + DAY_MS }), tomorrow)])[0]?.metadata.uid).not.toBe(finding?.metadata.uid);
  });

  it('of the past comes once', () => {
    const matcher = matcherOf([['ip', '198.51.100.7', { from: T - 30 * DAY_MS }]]);
    const findings = found(
      [flow({ time: T - 20 * DAY_MS }), flow({ time: T - 2 * DAY_MS })].map((event) => enriched(event, matcher)),
      {},
      true,
    );
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({
      count: 2,
      finding_info: { types: ['intel', 'retro-hunt'], title: expect.stringContaining('before it was listed') as string },
    });
    expect(validateEvent(findings[0])).toEqual([]);
  });

  it.each<[string, object, number | undefined]>([
    ['that a host of ours calls out', {}, 4],
    ['that was stopped', { action_id: 2, disposition_id: 2 }, 3],
    ['that comes from outside', { src_endpoint: { ip: '198.51.100.7', port: 50_000 }, dst_endpoint: { ip: '10.1.2.3', port: 443 } }, 1],
    [
      'that is the answer to one from outside',
      { src_endpoint: { ip: '10.1.2.3', port: 443 }, dst_endpoint: { ip: '198.51.100.7', port: 50_000 } },
      1,
    ],
    ['whose flags say that it is an answer', { connection_info: { direction_id: 2, tcp_flags: 18 } }, 1],
  ])('has the severity of a connection %s', (_, more, severity) => {
    const [one] = found([enriched(flow(more), C2)]);
    expect(one?.severity_id).toBe(severity);
    expect(one?.['is_alert']).toBe(severity !== 1);
  });

  it('of an API call from a listed address is about who called', () => {
    const call = {
      class_uid: 6003,
      category_uid: 6,
      activity_id: 1,
      type_uid: 600301,
      api: { operation: 'ListUsers', service: { name: 'iam.amazonaws.com' } },
    };
    const event = flow({
      ...call,
      actor: { user: { uid: 'arn:aws:iam::222222222222:user/a' } },
      src_endpoint: { ip: '198.51.100.7' },
      dst_endpoint: undefined,
    });
    const [one] = found([enriched(event, C2)]);
    expect(one).toMatchObject({ severity_id: 4, message: expect.stringContaining('arn:aws:iam::222222222222:user/a') as string });
    expect(validateEvent(one)).toEqual([]);
  });

  it.each<[string, Partial<IntelFeed>]>([
    ['of a feed that only marks', { alert_confidence: false }],
    ['below the floor of the feed', { alert_confidence: 91 }],
    ['of a feed that the bank has no more', { name: 'gone' }],
  ])('is none %s', (_, feed) => expect(found([enriched(flow(), C2)], feed)).toEqual([]));

  it('is none about a vulnerability', () => {
    const event = enriched(
      flow({ vulnerabilities: [{ cve: { uid: 'CVE-2026-12345' } }] }),
      matcherOf([['cve', 'CVE-2026-12345', { confidence: 100 }]]),
    );
    expect(entriesOf(event)).toHaveLength(1);
    expect(found([event])).toEqual([]);
  });

  const secrets = fc.constantFrom<readonly [IndicatorType, string, object, string]>(
    ['ip', '198.51.100.7', {}, '198.51.100.7'],
    ['network', '198.51.96.0/19', {}, '198.51.100.7'],
    ['domain', 'bad.example', { query: { hostname: 'www.BAD.example' } }, 'bad.example'],
    ['url', 'bad.example/x', { url: { url_string: 'http://bad.example/x' } }, 'bad.example'],
    ['hash', HASH, { file: { name: 'a', type_id: 1, hashes: [{ algorithm_id: 3, value: HASH }] } }, HASH],
    ['email', 'm@bad.example', { user: { email_addr: 'm@bad.example', uid: 'u-1' } }, 'm@bad.example'],
  );

  it.each(['AMBER', 'AMBER STRICT', 'RED'] as const)('tells nobody an indicator that is TLP %s', (tlp) => {
    fc.assert(
      fc.property(secrets, ([type, value, more, hidden]) => {
        const [one] = found([enriched(flow(more), matcherOf([[type, value, { tlp }]]))]);
        const { evidences, ...rest } = JSON.parse(JSON.stringify(one)) as Record<string, unknown>;
        for (const text of [hidden, value]) expect(JSON.stringify(rest).toLowerCase()).not.toContain(text);
        expect(JSON.stringify(evidences).toLowerCase()).not.toContain(value);
        if (type !== 'network') expect(JSON.stringify(evidences).toLowerCase()).not.toContain(hidden);
        expect(one).toMatchObject({
          osint: [{ value: '***', tlp, external_uid: '7' }],
          message: expect.stringContaining('indicator 7') as string,
        });
        expect(validateEvent(one)).toEqual([]);
      }),
    );
  });
});

describe('what a message could tell of an indicator under TLP AMBER', () => {
  it.each<[string, readonly [IndicatorType, string], object, string]>([
    ['the actor is the address', ['email', 'mallory@evil.example'], { actor: { user: { name: 'Mallory@evil.example' } } }, 'mallory@evil'],
    [
      'the other end is of the network',
      ['network', '203.0.113.0/24'],
      { src_endpoint: { ip: '203.0.113.9', port: 5000 }, dst_endpoint: { ip: '203.0.113.8', port: 5000 } },
      '203.0.113.',
    ],
    [
      'the host is asked by name',
      ['url', 'bad.example/drop.sh'],
      { url: { url_string: 'http://bad.example/drop.sh' }, query: { hostname: 'bad.example' } },
      'bad.example',
    ],
  ])('is not told: %s', (_, [type, value], more, told) => {
    const [one] = found([enriched(flow(more), matcherOf([[type, value, { tlp: 'AMBER' }]]))]);
    expect(one).toMatchObject({ osint: [{ value: '***' }] });
    expect(JSON.stringify(one).toLowerCase()).not.toContain(told);
  });
});

describe('a redaction of the bank', () => {
  const event = enriched(flow({ actor: { user: { name: 'mallory@evil.example' } } }), matcherOf([['email', 'mallory@evil.example']]));

  it.each(['actor.user.name', 'actor.user', 'actor'])('of %s takes the value out of the hit, which stays and alerts', (field) => {
    const outcome = redactor([{ field, action: 'mask' }])?.(event);
    const redacted = outcome?.kind === 'value' ? outcome.value : undefined;
    expect(redacted?.['osint']).toMatchObject([{ value: '***', comment: 'actor.user.name', uid: 'strongroom:c2' }]);
    expect(JSON.stringify(redacted)).not.toContain('mallory');
    expect(found(redacted === undefined ? [] : [redacted])).toHaveLength(1);
  });

  it('of something else leaves the hit as it is', () => {
    expect(redactor([{ field: 'actor.user.uid', action: 'remove' }])?.(event)).toMatchObject({
      value: { osint: [{ value: 'mallory@evil.example' }] },
    });
  });
});

describe('enrichment', () => {
  const marks: Enricher = { name: 'marks', load: () => Promise.resolve(), enrich: (event) => ({ ...event, count: 1 }) };
  const warnings: string[] = [];
  const failures: string[] = [];
  const deps: EnrichmentDeps = {
    log: { warn: (message) => void warnings.push(message as string) },
    onFailure: (name: string) => void failures.push(name),
  };
  beforeEach(() => {
    warnings.length = 0;
    failures.length = 0;
  });

  it('goes on with the others where one fails', async () => {
    const fails: Enricher = {
      ...marks,
      name: 'fails',
      load: () => Promise.reject(new Error('away')),
      enrich: () => {
        throw new Error('defect');
      },
    };
    const enrichment = createEnrichment([fails, marks], deps);
    await enrichment?.ready();
    expect(enrichment?.transform(flow())).toEqual({ kind: 'value', value: { ...flow(), count: 1 } });
    enrichment?.transform(flow());
    expect(failures).toEqual(['fails', 'fails']);
    expect(warnings).toHaveLength(2);
  });

  it('waits for the first loading, not for ever, and for no other', async () => {
    let now = 0;
    let loaded = 0;
    const slow: Enricher = { ...marks, load: () => (loaded++ === 0 ? Promise.resolve() : new Promise(() => undefined)) };
    const enrichment = createEnrichment([slow], { ...deps, now: () => now, everyMs: 1000 });
    await enrichment?.ready();
    await enrichment?.ready();
    expect(loaded).toBe(1);
    now = 1000;
    await enrichment?.ready();
    expect(loaded).toBe(2);
    const never: Enricher = { ...marks, load: () => new Promise(() => undefined) };
    await createEnrichment([never], { ...deps, patienceMs: 20 })?.ready();
  });

  it('is none without enrichers', () => expect(createEnrichment([], deps)).toBeUndefined());
});
