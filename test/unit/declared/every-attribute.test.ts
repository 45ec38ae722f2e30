// Every attribute that a class has may be filled from a field, and whatever the fields hold, the event is OCSF.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { createRandom } from '../../../local/demo/random.ts';
import type { JsonObject } from '../../../shared/model.ts';
import { OCSF_CLASSES, type OcsfClass } from '../../../shared/ocsf/classes.ts';
import { object, parseJson, text } from '../../../shared/outcome.ts';
import { errorsOf, HEAD, run, sourceOf } from './yaml.ts';

/** Objects within objects. */
const DEPTH = 2;

const VALUES: readonly [unknown, ...unknown[]] = [
  null, true, 0, 1, -1, 99, 1.5, 1e21, '', '-', ' ', 'é', 'GET', 'get', 'Success', 'Other', 'Desktop', '99', '443', '70000', '192.0.2.1', '2001:db8::1',
  'fe80::1%eth0', 'a@b.example', '00:00:5e:00:53:01', '2026-02-03T09:15:30Z', '2026-02-03T09:15:30+25:00', 1770110130000, 'a'.repeat(300), [], {}, [null],
  [1, 'x'], ['192.0.2.1'], [[]], [{}], { a: { b: null } }, 'yes', '10.0.0.0/8', '0a0a0a0a-0000-4000-8000-00000000000a',
]; // prettier-ignore

/** Paths of all attributes that have values of their own, but for those of vulnerabilities, of which OCSF takes one kind only. */
function attributesOf({ uid, name }: OcsfClass): readonly string[] {
  const root = object(parseJson(readFileSync(`schemas/ocsf/${uid}-${name}.json`, 'utf8'))) ?? {};
  return membersOf(root, root, []).filter((path) => !/vulnerabilities\.(?:advisory|cwe)\./.test(path));
}

function membersOf(root: JsonObject, node: JsonObject, path: readonly string[]): readonly string[] {
  return Object.entries(object(node['properties']) ?? {}).flatMap(([name, given]) => {
    const member = object(given) ?? {};
    if (member['x-deprecated'] !== undefined) return [];
    const inner = member['type'] === 'array' ? (object(member['items']) ?? {}) : member;
    const reference = text(inner['$ref'])?.slice('#/$defs/'.length);
    const found = reference === undefined ? inner : (object(object(root['$defs'])?.[reference]) ?? {});
    if (Object.keys(object(found['properties']) ?? {}).length === 0) return [[...path, name].join('.')];
    return path.length < DEPTH ? membersOf(root, found, [...path, name]) : [];
  });
}

function yamlOf(cls: OcsfClass, attributes: readonly string[]): string {
  const profiles = 'profiles: [cloud, container, data_classification, datetime, host, security_control]';
  const lines = attributes.map((path, at) => `  ${path}: f${at}`);
  return `${HEAD}format: json\ntime: { from: at }\nclass: ${cls.name}\n${profiles}\nactivity: act\nseverity: sev\nstatus: stat\nattributes:\n${lines.join('\n')}\n`;
}

/** What is refused is taken out: what the platform sets, and what would never be complete so deep. */
function completed(cls: OcsfClass): { readonly yaml: string; readonly attributes: readonly string[] } {
  let attributes = attributesOf(cls);
  for (;;) {
    const yaml = yamlOf(cls, attributes);
    const wrong = new Set(errorsOf(yaml).map(({ path }) => path.replace(/^attributes\./, '')));
    const left = attributes.filter((path) => !wrong.has(path));
    if (left.length === attributes.length) return { yaml, attributes };
    attributes = left;
  }
}

const CLASSES = ['authentication', 'network_activity', 'api_activity'];

test.each(CLASSES)('%s', (name) => {
  const cls = OCSF_CLASSES.find((one) => one.name === name);
  if (cls === undefined) throw new Error('no such class');
  const { yaml, attributes } = completed(cls);
  const source = sourceOf(yaml);
  expect(attributes.length).toBeGreaterThan(200);
  let events = 0;
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const random = createRandom(seed);
      const fields = ['act', 'sev', 'stat', ...attributes.keys().map((at) => `f${at}`)].map(
        (field) => [field, random.pick(VALUES)] as const,
      );
      events += run(source, JSON.stringify({ ...Object.fromEntries(fields), at: '2026-02-03T09:15:30Z' })).events.length;
    }),
    { numRuns: 25 },
  );
  expect(events).toBeGreaterThan(0);
});
