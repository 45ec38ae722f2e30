import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { createBatcher, decodeBatch } from '../../../shared/hub/batch.ts';
import { fromDocument, toDocument, toHub } from '../../../shared/hub/document.ts';
import type { HubDocument, Json, OcsfEvent } from '../../../shared/model.ts';
import { API_ACTIVITY, BASE_EVENT, classify, DETECTION_FINDING, OCSF_VERSION } from '../../../shared/ocsf/classes.ts';
import { exclude, value } from '../../../shared/outcome.ts';
import { ORIGIN, run, TIME, toySource } from '../normalise/toy.ts';

const UUID = '3871ae01-2f0b-4d8e-9f0b-6a4b5c6d7e8f';

function apiCall(api: unknown, uid = UUID): OcsfEvent {
  return {
    ...classify(API_ACTIVITY, 1),
    severity_id: 1,
    time: TIME,
    metadata: { uid, version: OCSF_VERSION, product: { name: 'CloudTrail', vendor_name: 'AWS' } },
    api,
    unmapped: { request: { data: { kept: ['as', 'it', 'is'] } } },
  };
}

describe('payloads', () => {
  it('are text in the document and come back from it; nothing else changes', () => {
    const json = fc.jsonValue({ depthSize: 'medium' }).filter((data) => data !== null);
    fc.assert(
      fc.property(json, json, (asked, answered) => {
        const event = apiCall({
          operation: 'GetObject',
          request: { uid: 'r', data: asked },
          response: { error: 'AccessDenied', data: answered },
        });
        const sent = JSON.parse(toDocument(event).json) as { api: { request: { data: string }; response: { data: string } } };

        expect([typeof sent.api.request.data, typeof sent.api.response.data]).toEqual(['string', 'string']);
        const back = {
          ...sent,
          api: {
            ...sent.api,
            request: { ...sent.api.request, data: JSON.parse(sent.api.request.data) as Json },
            response: { ...sent.api.response, data: JSON.parse(sent.api.response.data) as Json },
          },
        };
        expect(JSON.stringify(back)).toBe(JSON.stringify(event));
      }),
    );
  });

  it.each([
    ['no api', undefined],
    ['no payloads', { operation: 'GetObject' }],
    ['payloads without data', { operation: 'GetObject', request: { uid: 'r' }, response: { error: 'AccessDenied' } }],
    ['payloads that are null', { operation: 'GetObject', request: { uid: 'r', data: null }, response: null }],
  ])('an event with %s travels as it is', (_, api) => {
    const event = apiCall(api);

    expect(toDocument(event).json).toBe(JSON.stringify(event));
  });

  it('the event itself is not touched', () => {
    const event = apiCall({ operation: 'GetObject', request: { uid: 'r', data: { bucketName: 'b' } } });
    const before = structuredClone(event);
    toDocument(event);

    expect(event).toEqual(before);
  });
});

describe('what an index neither needs nor may hold', () => {
  const time = Date.UTC(2026, 10, 2, 8, 0, 1, 250);
  const sent = (changes: Partial<OcsfEvent>): unknown =>
    JSON.parse(toDocument({ ...apiCall(undefined), unmapped: undefined, time, ...changes }).json);
  const metadata = apiCall(undefined).metadata;

  it.each([
    ['a start that is the time', { start_time: time }, { start_time: undefined }],
    [
      'an end, which the duration tells',
      { start_time: time, end_time: time + 60_000 },
      { start_time: undefined, end_time: undefined, duration: 60_000 },
    ],
    ['an end before the time', { end_time: time - 1 }, { end_time: time - 1 }],
    ['another start', { start_time: time - 1 }, { start_time: time - 1 }],
    ['the time as it was written', { metadata: { ...metadata, original_time: '2026-11-02T09:00:01.250417+01:00' } }, { metadata }],
    [
      'a time that was written otherwise',
      { metadata: { ...metadata, original_time: 'Nov  2 08:00:01' } },
      { metadata: { ...metadata, original_time: 'Nov  2 08:00:01' } },
    ],
    [
      "the balancer's finer start",
      { start_time: time - 40, unmapped: { request_creation_time: '2026-11-02T08:00:01.210999Z', redirect_url: 'u' } },
      { start_time: time - 40, unmapped: { redirect_url: 'u' } },
    ],
    [
      "S3's trace of a request",
      { unmapped: { additionalEventData: { 'x-amz-id-2': 'abc', bytesTransferredOut: 5 } } },
      { unmapped: { additionalEventData: { bytesTransferredOut: 5 } } },
    ],
  ])('%s', (_, given: Partial<OcsfEvent>, expected: object) => {
    const event = JSON.parse(JSON.stringify({ ...apiCall(undefined), unmapped: undefined, time, ...given, ...expected })) as unknown;

    expect(sent(given)).toEqual(event);
  });

  it('session tokens, however they are written; the payload stays JSON', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom('sessionToken', 'SessionToken', 'securityToken', 'sessiontoken'), (token, name) => {
        const inText = JSON.stringify({ [name]: Buffer.from(token).toString('base64') });
        const api = { operation: 'AssumeRole', response: { data: { credentials: { accessKeyId: 'ASIAEXAMPLE', [name]: token }, inText } } };
        const { api: found } = sent({ api }) as { api: { response: { data: string } } };

        expect(JSON.parse(found.response.data)).toEqual({
          credentials: { accessKeyId: 'ASIAEXAMPLE', [name]: '(removed)' },
          inText: JSON.stringify({ [name]: '(removed)' }),
        });
      }),
    );
  });
});

describe('the document', () => {
  it('is one line', () => {
    expect(toDocument(apiCall({ operation: 'a\nb\u2028c', request: { uid: 'r', data: 'd\r\ne' } })).json).not.toMatch(/[\n\r]/);
  });

  it("goes to the index of the event's own time, a day each, findings a month each", () => {
    const index = (event: OcsfEvent) => toDocument(event).index;
    const day = Date.UTC(2026, 1, 28, 23, 59, 59, 999);

    expect(index({ ...apiCall({}), time: day })).toBe('ocsf-api_activity-2026.02.28');
    expect(index({ ...apiCall({}), time: day + 1 })).toBe('ocsf-api_activity-2026.03.01');
    expect(index({ ...apiCall({}), ...classify(BASE_EVENT, 0), time: day + 1 })).toBe('ocsf-base_event-2026.03.01');
    expect(index({ ...apiCall({}), ...classify(DETECTION_FINDING, 1), time: day })).toBe('ocsf-detection_finding-2026.02');
    expect(index({ ...apiCall({}), ...classify(DETECTION_FINDING, 1), time: day + 1 })).toBe('ocsf-detection_finding-2026.03');
    expect(index({ ...apiCall({}), time: day })).toBe('ocsf-api_activity-2026.02.28');
  });

  it('has the same id whenever and through whichever source the native id came', () => {
    const first = toDocument(apiCall({ operation: 'GetObject' }));
    const again = toDocument({ ...apiCall({ operation: 'PutObject' }), time: TIME + 1 });

    expect(first.id).toBe(again.id);
    expect(toDocument(apiCall({}, UUID.replace('3', '4'))).id).not.toBe(first.id);
  });

  it('is an event again', () => {
    const event = apiCall({ operation: 'GetObject' });

    expect(fromDocument(toDocument(event).json)).toEqual(event);
  });

  it.each<[string, object]>([
    ['no time', { time: undefined }],
    ['a time that is text', { time: '2026-01-15' }],
    ['a time beyond all calendars', { time: 1e300 }],
    ['no severity', { severity_id: undefined }],
    ['no product', { metadata: { uid: 'u' } }],
    ['a nameless product', { metadata: { uid: 'u', product: { vendor_name: 'AWS' } } }],
    ['no id', { metadata: { product: { name: 'CloudTrail', vendor_name: 'AWS' } } }],
  ])('with %s is no event', (_, change) => {
    expect(fromDocument(JSON.stringify({ ...apiCall({}), ...change }))).toBeUndefined();
  });

  it.each(['', 'null', '[]', '"text"', '{', '{}', '{"class_uid":6003}', '{"metadata":{}}', '{"class_uid":"6003","metadata":{}}'])(
    '%s is no event',
    (line) => {
      expect(fromDocument(line)).toBeUndefined();
    },
  );
});

describe('who dates an event himself', () => {
  const DAY = 86_400_000;
  const at = (days: number, way?: string): string =>
    toDocument({ ...apiCall({}), time: TIME + days * DAY }, { origin: { time: TIME }, way }).index;

  it('chooses among few indices: those of the days before it came, or of the year', () => {
    expect(at(0, 'drops 222222222222')).toBe(at(0));
    expect(at(-30, 'drops 222222222222')).toBe(at(-30));
    expect(at(-36, 'drops 222222222222')).toMatch(/^ocsf-api_activity-\d{4}$/);
    expect(at(2, 'drops 222222222222')).toMatch(/^ocsf-api_activity-\d{4}$/);
  });

  it('what a service delivers goes by the day however old it is', () => {
    expect(at(-900)).toMatch(/^ocsf-api_activity-\d{4}\.\d\d\.\d\d$/);
  });
});

describe('the road to the hub', () => {
  function toBatches(
    lines: string,
    transforms: Parameters<typeof toHub>[0]['transforms'] = [],
  ): { seen: ReturnType<typeof run>; documents: readonly HubDocument[] } {
    const records: Buffer[] = [];
    const batcher = createBatcher({ hub: 1, origin: ORIGIN, evidence: 'key' }, (record) => records.push(record));
    const seen = run((normaliser) => normaliser.push(Buffer.from(lines)), {
      source: toySource(),
      ...toHub({ transforms, batcher, sensitive: undefined, unit: { origin: ORIGIN } }),
    });
    batcher.end();
    const documents = records.flatMap((record) => {
      const decoded = decodeBatch(record);
      return decoded.kind === 'value' ? decoded.value.documents : [];
    });
    return { seen, documents };
  }

  it('takes what the transforms leave, once each and in order', () => {
    const { seen, documents } = toBatches('good 1\nbad\ngood health\ngood 2\ngood 3', [
      (event) => (event['message'] === 'good health' ? exclude('health') : value(event)),
      (event) => value({ ...event, message: `${String(event['message'])}!` }),
    ]);

    expect(documents.map(({ json }) => fromDocument(json)?.['message'])).toEqual(['good 1!', 'good 2!', 'good 3!']);
    expect(seen.summary.counts).toEqual({ records: 5, events: 3, excluded: 1, parked: 1 });
  });

  it('an event that no hub record can hold is parked, its neighbours go on', () => {
    const huge = `good ${randomBytes(3 * 768 * 1024).toString('base64')}`;
    const { seen, documents } = toBatches(`good 1\n${huge}\ngood 2`);

    expect(documents.map(({ json }) => fromDocument(json)?.['message'])).toEqual(['good 1', 'good 2']);
    expect(seen.parked).toMatchObject([{ code: 'record_too_large', index: 1 }]);
    expect(seen.summary.counts).toEqual({ records: 3, events: 2, excluded: 0, parked: 1 });
  });
});
