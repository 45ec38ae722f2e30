import { readFileSync } from 'node:fs';
import { fullForm, MAX_OBSERVABLES, observablesOf } from '../../../shared/ocsf/full.ts';
import { validateEvent } from '../../ocsf.ts';
import { API_EVENT, BASE_EVENT, EXAMPLES, FINDING_EVENT, HTTP_EVENT, NETWORK_EVENT } from './examples.ts';

describe('fullForm', () => {
  it.each(EXAMPLES)('makes a valid full form of %s and leaves the event as it is', (_, event) => {
    const before = JSON.stringify(event);
    const full = fullForm(event);
    expect(validateEvent(full, { full: true })).toEqual([]);
    expect(JSON.stringify(event)).toBe(before);
    expect(fullForm(full)).toEqual(full);
  });

  it.each(EXAMPLES)('keeps every attribute of %s', (_, event) => {
    expect(fullForm(event)).toMatchObject(event);
  });

  it('gives the captions of the classification', () => {
    expect(fullForm(API_EVENT)).toMatchObject({
      activity_name: 'Create',
      category_name: 'Application Activity',
      class_name: 'API Activity',
      type_name: 'API Activity: Create',
      severity: 'Informational',
      status: 'Success',
    });
    expect(fullForm(BASE_EVENT)).toMatchObject({
      activity_name: 'Unknown',
      category_name: 'Uncategorized',
      class_name: 'Base Event',
      type_name: 'Base Event: Unknown',
      severity: 'Low',
    });
  });

  it('gives the captions of nested objects and arrays', () => {
    expect(fullForm(API_EVENT)).toMatchObject({ actor: { user: { type: 'Admin' } } });
    expect(fullForm(FINDING_EVENT)).toMatchObject({ evidences: [{ verdict: 'True Positive' }] });
  });

  it('keeps the caption of an id that is 99', () => {
    expect(fullForm(NETWORK_EVENT)).toMatchObject({ connection_info: { direction_id: 99, direction: 'sideways' } });
  });

  it('does not touch unmapped', () => {
    expect(fullForm(API_EVENT).unmapped).toStrictEqual(API_EVENT.unmapped);
  });

  it('returns an event of a class we do not know as it is', () => {
    const foreign = { ...API_EVENT, class_uid: 1099 };
    expect(fullForm(foreign)).toBe(foreign);
  });
});

describe('observablesOf', () => {
  it('lists scalars with values and objects by name, each once', () => {
    expect(observablesOf(API_EVENT)).toStrictEqual([
      { name: 'cloud.account.uid', type_id: 35, type: 'Account Object: uid', value: '111111111111' },
      { name: 'actor.user', type_id: 21, type: 'User' },
      { name: 'actor.user.name', type_id: 4, type: 'User Name', value: 'alice' },
      { name: 'actor.user.uid', type_id: 31, type: 'User Object: uid', value: 'AIDAEXAMPLE' },
      { name: 'src_endpoint', type_id: 20, type: 'Endpoint' },
      { name: 'src_endpoint.ip', type_id: 2, type: 'IP Address', value: '203.0.113.7' },
      { name: 'resources[].uid', type_id: 10, type: 'Resource UID', value: 'arn:aws:s3:::ledger' },
    ]);
  });

  it('lists every value of an array, and ports as text', () => {
    const found = observablesOf(HTTP_EVENT).map(({ name, value }) => `${name}=${value ?? ''}`);
    expect(found).toEqual(
      expect.arrayContaining(['http_request.x_forwarded_for[]=198.51.100.1', 'http_request.x_forwarded_for[]=198.51.100.2']),
    );
    expect(found).toContain('src_endpoint.port=52345');
  });

  it('passes over empty text', () => {
    const event = { ...API_EVENT, src_endpoint: { ip: '203.0.113.7', hostname: '' } };
    expect(observablesOf(event).map(({ name }) => name)).not.toContain('src_endpoint.hostname');
  });

  it('stops at the limit, with the first ones', () => {
    const resources = Array.from({ length: MAX_OBSERVABLES * 2 }, (_, at) => ({ uid: `arn:aws:s3:::bucket-${at}` }));
    const found = observablesOf({ ...API_EVENT, resources });
    expect(found).toHaveLength(MAX_OBSERVABLES);
    expect(found[0]?.name).toBe('cloud.account.uid');
    expect(validateEvent(fullForm({ ...API_EVENT, resources }), { full: true })).toEqual([]);
  });

  it('keeps what the event lists itself, before all others', () => {
    const own = { name: 'unmapped.to', type_id: 99, type: 'Blockchain Address', value: '0x1' };
    const event = { ...API_EVENT, unmapped: { to: '0x1' }, observables: [own] };
    expect(observablesOf(event)).toStrictEqual([own, ...observablesOf(API_EVENT)]);
    expect(validateEvent(fullForm(event), { full: true })).toEqual([]);
  });

  it('finds nothing in a class we do not know', () => {
    expect(observablesOf({ ...API_EVENT, class_uid: 1099 })).toEqual([]);
  });
});

describe('the data of the full form', () => {
  it('is small', () => {
    expect(readFileSync('shared/ocsf/generated/captions.json').length).toBeLessThan(256 * 1024);
  });
});
