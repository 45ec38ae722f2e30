import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { JsonObject } from '../../../shared/model.ts';
import { isArray, isObject, object, text } from '../../../shared/outcome.ts';
import { config } from '../../../shared/sources/config.ts';
import { claim } from '../../../shared/sources/registry.ts';
import { detail, golden, only, run, uid } from './aws.ts';

const DAY = 'AWSLogs/111111111111/Config/eu-central-1/2026/3/7';
const SNAPSHOT = `s3://logs/${DAY}/ConfigSnapshot/111111111111_Config_eu-central-1_ConfigSnapshot_20260307T091128Z_7de3388f.json.gz#1`;
const item = object(detail(config, 'item-change')['configurationItem']) ?? {};

describe('config', () => {
  it.each([
    [
      `${DAY}/ConfigHistory/111111111111_Config_eu-central-1_ConfigHistory_AWS::EC2::VPC_20260307T000000Z_20260307T050000Z_1.json.gz`,
      'eu-central-1',
    ],
    [`audit/${DAY}/ConfigSnapshot/x.json.gz`, 'eu-central-1'],
    ['AWSLogs/o-abc123/111111111111/Config/global/2026/11/21/OversizedChangeNotification/AWS::IAM::Policy/x.json.gz', 'global'],
    ['audit/AWSLogs/111111111111/Config/ConfigWritabilityCheckFile', undefined],
  ])('claims %s', (key, region) => {
    const delivery = { trigger: 's3', bucket: 'b', key } as const;
    expect(claim(delivery)?.name).toBe('config');
    expect(config.locate?.(delivery)).toMatchObject({ account: '111111111111', ...(region === undefined ? {} : { region }) });
  });

  it('leaves out the object that Config tries the bucket with, empty and under its own key', () => {
    const name = 'AWSLogs/111111111111/Config/ConfigWritabilityCheckFile';
    function parsed(text: string, key: string): unknown {
      const origin = {
        bank: 'demo',
        account: '1',
        region: 'r',
        source: 'config',
        trigger: 's3',
        uri: `s3://logs/${key}#1`,
        time: 0,
      } as const;
      return config.parse({ text, index: 0 }, { origin, uid: () => '' });
    }
    expect(run(config, '', { uri: `s3://logs/${name}#1` })).toEqual({ events: [], parked: [], excluded: [] });
    expect(parsed('', `audit/${name}`)).toEqual({ kind: 'exclude', rule: 'config_writability_check' });
    expect(parsed('', `drops/1/${name}/x`)).toMatchObject({ kind: 'reject' });
    expect(run(config, { configurationItems: [item] }, { uri: `s3://logs/${name}#1` }).events).toHaveLength(1);
    expect(run(config, { configurationItems: [item] }, { uri: 's3://logs/drops/1/ConfigWritabilityCheckFile#1' }).events).toHaveLength(1);
  });

  it('names an item the same from EventBridge, from the history and from a snapshot of the same month', () => {
    const one = uid(config, golden(config, 'item-change'));
    expect(uid(config, { configurationItems: [item] })).toBe(one);
    const january = SNAPSHOT.replace('20260307', '20260131');
    expect(uid(config, { configurationItems: [item] }, { uri: january })).toBe(one);
    expect(uid(config, { configurationItems: [{ ...item, configurationStateId: 1 }] })).not.toBe(one);
    expect(uid(config, { configurationItems: [{ ...item, configurationItemStatus: 'ResourceDeleted' }] })).not.toBe(one);
  });

  it('counts an old item of a snapshot for the month of the snapshot, once', () => {
    const taken = only(config, { configurationItems: [item] }, { uri: SNAPSHOT });
    expect(taken).toMatchObject({
      time: Date.UTC(2026, 2, 7, 9, 11, 28),
      resources: [{ modified_time: Date.UTC(2026, 0, 1, 9, 36, 21, 252) }],
    });
    const next = only(config, { configurationItems: [item] }, { uri: SNAPSHOT.replace('20260307', '20260308') });
    expect(next.metadata.uid).toBe(taken.metadata.uid);
    expect(next.metadata.uid).not.toBe(uid(config, { configurationItems: [item] }));
  });

  it('does not take the announcement of an item that is too large for the item', () => {
    expect(uid(config, golden(config, 'oversized'))).not.toBe(uid(config, golden(config, 'oversized-object')));
  });

  it.each([
    ['not-compliant', 1, 1, 3],
    ['not-compliant-still', 2, 1, 3],
    ['compliant-again', 3, 4, 1],
    ['not-applicable', 3, 4, 1],
  ])('%s', (name, activity_id, status_id, severity_id) => {
    expect(only(config, golden(config, name))).toMatchObject({ activity_id, status_id, severity_id });
  });

  it('keeps one id for what a rule says of a resource', () => {
    const ids = ['not-compliant', 'compliant-again'].map((name) => object(only(config, golden(config, name))['finding_info'])?.['uid']);
    expect(new Set(ids).size).toBe(1);
  });

  it('parks a configuration that is nested too deeply to be written', () => {
    const deep = `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`;
    const nested = JSON.stringify({ ...item, configuration: '#' }).replace('"#"', deep);
    expect(run(config, `{"configurationItems":[${nested}]}`).parked).toEqual(['malformed_record: nested too deeply']);
  });

  const samples = resolve('../shared/samples/config');
  (existsSync(samples) ? it : it.skip).each(['config-history.log', 'config-snapshot.log'])('reads %s of ../shared/samples', (name) => {
    const file = readFileSync(resolve(samples, name), 'utf8');
    const whole: unknown = JSON.parse(file);
    const items = isObject(whole) && isArray(whole['configurationItems']) ? whole['configurationItems'] : [];
    const { events, parked } = run(config, file);
    expect({ events: events.length, parked }).toEqual({ events: items.length, parked: [] });
    for (const [at, event] of events.entries()) {
      const found: JsonObject = object(items[at]) ?? {};
      const resources = isArray(event['resources']) ? event['resources'] : [];
      const data: unknown = JSON.parse(text(object(resources[0])?.['data']) ?? '');
      expect(data).toMatchObject({ configuration: found['configuration'] });
    }
  });
});
