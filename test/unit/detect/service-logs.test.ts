// Fields of services' logs, as rules name them, against the records of the sources' golden cases: what the record has is what a rule finds in
// the event that comes out of the hub, or the rule is refused.
import { logSourcesOf } from '../../../shared/detect/log-sources.ts';
import { RAW_LOGS } from '../../../shared/detect/raw-logs.ts';
import { createEngine } from '../../../shared/detect/engine.ts';
import { RuleError, type LogSourceName } from '../../../shared/detect/sigma/rule.ts';
import { viewOf, type EventView } from '../../../shared/detect/view.ts';
import { fromDocument, toDocument } from '../../../shared/hub/document.ts';
import type { Json, OcsfEvent } from '../../../shared/model.ts';
import { isArray, isObject, parseJson } from '../../../shared/outcome.ts';
import { sourceNamed } from '../../../shared/sources/registry.ts';
import { normaliseSpecimen, specimensOf } from '../../mutations.ts';
import { cloudtrailRule } from './events.ts';

interface Pair {
  readonly record: Json;
  readonly view: EventView;
}

/** Records of JSON that are one event, with the event as it comes out of the hub. */
function pairsOf(name: string): readonly Pair[] {
  const source = sourceNamed(name);
  if (source === undefined) throw new Error(`no source ${name}`);
  return specimensOf(source).flatMap((specimen) => {
    const events: OcsfEvent[] = [];
    normaliseSpecimen(source, specimen, specimen.text, {
      transforms: [],
      onEvent: (event) => events.push(event),
      onParked: () => undefined,
    });
    const [event] = events;
    const back = event === undefined || events.length > 1 ? undefined : fromDocument(toDocument(event).json);
    const record = parseJson(specimen.text);
    const inner = isObject(record) && isObject(record['detail']) ? record['detail'] : record;
    return back === undefined || !isObject(inner) ? [] : [{ record: inner, view: viewOf(back) }];
  });
}

function ruleOf(logsource: LogSourceName, detection: object = { a: 1 }): ReturnType<typeof cloudtrailRule> {
  return cloudtrailRule({ s: detection, condition: 's' }, { logsource });
}

/** All texts that a rule finds in a field; undefined where the field is refused. */
function foundIn(logsource: LogSourceName, name: string): ((view: EventView) => readonly string[]) | undefined {
  const [source] = logSourcesOf(ruleOf(logsource));
  try {
    const field = source.field(name);
    return (view) => {
      const values: Json[] = [];
      field(view, (value) => {
        values.push(value as Json);
        return false;
      });
      return values.flatMap(scalars);
    };
  } catch (error) {
    if (error instanceof RuleError) return undefined;
    throw error;
  }
}

function scalars(value: Json | undefined): readonly string[] {
  if (isArray(value)) return value.flatMap(scalars);
  return value === null || value === undefined || isObject(value) ? [] : [String(value)];
}

function valuesAt(node: Json | undefined, steps: readonly string[]): readonly string[] {
  const [step, ...rest] = steps;
  if (step === undefined) return scalars(node);
  if (isArray(node)) return node.flatMap((member) => valuesAt(member, steps));
  if (!isObject(node)) return [];
  const whole = steps.join('.');
  if (rest.length > 0 && Object.hasOwn(node, whole)) return scalars(node[whole]);
  return Object.hasOwn(node, step) ? valuesAt(node[step], rest) : [];
}

/** Paths to everything in a record that is no object, lists gone through. */
function pathsOf(node: Json | undefined, prefix = ''): readonly string[] {
  if (isArray(node)) return node.flatMap((member) => pathsOf(member, prefix));
  if (!isObject(node)) return [];
  return Object.entries(node).flatMap(([key, member]) =>
    isObject(member) || (isArray(member) && member.some(isObject)) ? pathsOf(member, `${prefix}${key}.`) : [prefix + key],
  );
}

describe.each([
  ['github', { product: 'github', service: 'audit' }],
  ['okta', { product: 'okta', service: 'okta' }],
  ['microsoft-365', { product: 'm365', service: 'audit' }],
  ['eks-audit', { category: 'application', product: 'kubernetes', service: 'audit' }],
])('%s', (name, logsource) => {
  const pairs = pairsOf(name);
  const paths = [...new Set(pairs.flatMap(({ record }) => pathsOf(record)))];

  it('has the values of its records, or refuses the rule', () => {
    expect(pairs.length).toBeGreaterThan(5);
    const wrong: unknown[] = [];
    let told = 0;
    for (const path of paths) {
      const found = foundIn(logsource, path);
      if (found === undefined) continue;
      told++;
      for (const { record, view } of pairs) {
        const [expected, values] = [valuesAt(record, path.split('.')), found(view)];
        if (expected.join('\n') !== values.join('\n')) wrong.push({ path, expected, values });
      }
    }
    expect(wrong).toEqual([]);
    expect(told).toBeGreaterThan(paths.length / 2);
  });

  it('has no name in its table that no golden case proves', () => {
    const log = RAW_LOGS.find(({ names }) => names.some((one) => one.product === logsource.product && one.service === logsource.service));
    const unproven = Object.keys(log?.fields ?? {}).filter(
      (field) => !pairs.some(({ record }) => valuesAt(record, field.split('.')).length > 0 || memberAt(record, field) !== undefined),
    );
    expect(unproven).toEqual([]);
  });
});

function memberAt(record: Json, name: string): Json | undefined {
  return isObject(record) ? (record[name] ?? undefined) : undefined;
}

describe('rules of the public collection', () => {
  it('for Okta have names in lower case', () => {
    const isProxy = ruleOf({ product: 'okta', service: 'okta' }, { eventtype: 'user.session.start', 'securitycontext.isproxy': 'false' });
    const engine = createEngine([isProxy], {});
    expect(pairsOf('okta').filter(({ view }) => engine.match(view.event).length === 1).length).toBeGreaterThan(0);
  });

  it('are told of a field that cannot be known', () => {
    const refuse = (logsource: LogSourceName, detection: object): unknown => createEngine([ruleOf(logsource, detection)], {});
    expect(() => refuse({ product: 'okta', service: 'okta' }, { 'target.displayname': 'x' })).toThrow(
      'field "target.displayname" of okta/okta',
    );
    expect(() => refuse({ product: 'github', service: 'audit' }, { org: 'x' })).toThrow('field "org" of github/audit');
    expect(() => refuse({ category: 'dns' }, { parent_domain: 'x' })).toThrow('field "parent_domain" is none of dns here, which has query');
  });

  it('are met by logs of their kind, whoever writes them', () => {
    const met = (logsource: LogSourceName, detection: object, source: string): number => {
      const engine = createEngine([ruleOf(logsource, detection)], {});
      return pairsOrLines(source).filter((event) => engine.match(event).length === 1).length;
    };
    expect(
      met({ category: 'webserver' }, { 'cs-method': 'GET', 'sc-status': 200, 'cs-uri-query|contains': '/a?b' }, 'nginx'),
    ).toBeGreaterThan(0);
    expect(met({ category: 'webserver' }, { 'cs-uri-query': 'b=c', 'cs-uri-stem': '/a', 'c-uri': '/a?b=c' }, 'apache')).toBeGreaterThan(0);
    expect(met({ category: 'webserver' }, { 'c-useragent|contains': 'sqlmap', 'cs-host|endswith': 'example.com' }, 'waf')).toBeGreaterThan(
      0,
    );
    expect(met({ category: 'dns' }, { 'query|contains': 'example', record_type: 'A' }, 'route53-resolver')).toBeGreaterThan(0);
    expect(met({ category: 'dns' }, { 'query|contains': 'example' }, 'route53-public')).toBeGreaterThan(0);
    expect(met({ category: 'firewall' }, { 'dst_port|gt': 0, 'src_ip|cidr': '0.0.0.0/0' }, 'vpc-flow')).toBeGreaterThan(0);
    expect(met({ category: 'firewall' }, { 'dst_port|gt': 0 }, 'nginx')).toBe(0);
  });
});

function pairsOrLines(name: string): readonly OcsfEvent[] {
  const source = sourceNamed(name);
  if (source === undefined) throw new Error(`no source ${name}`);
  const events: OcsfEvent[] = [];
  for (const specimen of specimensOf(source)) {
    normaliseSpecimen(source, specimen, specimen.text, {
      transforms: [],
      onEvent: (event) => events.push(event),
      onParked: () => undefined,
    });
  }
  return events;
}
