import { detect } from '../../../shared/detect/detect.ts';
import { createEngine, type Engine } from '../../../shared/detect/engine.ts';
import type { Batch } from '../../../shared/hub/batch.ts';
import { toDocument } from '../../../shared/hub/document.ts';
import type { HubDocument, OcsfEvent } from '../../../shared/model.ts';
import { apiEvent, cloudtrailRule, TIME } from './events.ts';

const ENGINE = createEngine([cloudtrailRule({ s: { eventName: 'X' }, condition: 's' })], {});

function batch(documents: readonly HubDocument[]): Batch {
  const origin = {
    bank: 'demo',
    account: '222222222222',
    region: 'eu-central-1',
    source: 'cloudtrail',
    trigger: 's3',
    uri: 's3://b/k#1',
    time: TIME,
  } as const;
  return { header: { hub: 1, origin, evidence: 'vault/key', events: documents.length }, documents };
}

function finding(product: string): OcsfEvent {
  const metadata = {
    uid: `finding-${product}`,
    version: '1.8.0',
    product: { name: product, vendor_name: product === 'Strongroom' ? product : 'AWS' },
  };
  return {
    activity_id: 1,
    category_uid: 2,
    class_uid: 2004,
    type_uid: 200401,
    severity_id: 4,
    time: TIME,
    metadata,
    finding_info: { uid: 'f' },
  };
}

describe('detect', () => {
  it('turns matches into findings that point to the batch’s evidence', () => {
    const { findings, reported, parked } = detect(batch([apiEvent('X'), apiEvent('Y')].map((event) => toDocument(event))), ENGINE);
    expect(findings).toMatchObject([{ class_uid: 2004, count: 1, unmapped: { evidence: 'vault/key' } }]);
    expect({ reported, parked }).toEqual({ reported: [], parked: [] });
  });

  it('hands on findings of other products, and leaves our own alone', () => {
    const { findings, reported } = detect(batch([finding('GuardDuty'), finding('Strongroom')].map((event) => toDocument(event))), ENGINE);
    expect(findings).toEqual([]);
    expect(reported.map((one) => one.metadata.product.name)).toEqual(['GuardDuty']);
  });

  it('parks an event that no finding can be made of, and alerts the others', () => {
    const bad = { ...apiEvent('X'), message: 'bad' };
    const suppressions = {
      of: (_rule: string, [event]: readonly OcsfEvent[]) => {
        if (event?.['message'] === 'bad') throw new RangeError('Maximum call stack size exceeded');
        return undefined;
      },
    };
    const good = apiEvent('X');
    const events = [bad, { ...good, metadata: { ...good.metadata, uid: 'good' } }];
    const { findings, parked } = detect(batch(events.map((event) => toDocument(event))), ENGINE, { suppressions, now: TIME });
    expect(findings).toMatchObject([{ count: 1, finding_info: { related_events: [{ uid: 'good' }] } }]);
    expect(parked).toMatchObject([{ stage: 'detect', index: 0, detail: 'no finding could be made of it' }]);
  });

  it('parks what it cannot look at and goes on', () => {
    const good = toDocument(apiEvent('X'));
    const documents = [{ ...good, json: '{"broken":' }, { ...good, json: '{"class_uid":6003,"metadata":{}}' }, good];
    const { findings, parked } = detect(batch(documents), ENGINE);
    expect(findings).toHaveLength(1);
    expect(parked).toMatchObject([
      {
        stage: 'detect',
        code: 'malformed_record',
        index: 0,
        raw: '{"broken":',
        evidence: 'vault/key',
        document: { id: good.id, index: good.index },
      },
      { stage: 'detect', code: 'malformed_record', index: 1 },
    ]);
  });

  it('parks an event on which a rule fails', () => {
    const failing: Engine = {
      match() {
        throw new TypeError('with words of the record');
      },
    };
    const { parked } = detect(batch([toDocument(apiEvent('X'))]), failing);
    expect(parked).toMatchObject([{ index: 0, detail: 'detection failed on it: TypeError' }]);
  });
});
