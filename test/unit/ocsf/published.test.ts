// The same events against the published OCSF schemas themselves, where a maintainer has them.
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Ajv, type SchemaObject } from 'ajv';
import { ocsfFiles } from '../../../tools/ocsf-schemas.ts';
import { OCSF_CLASSES } from '../../../shared/ocsf/classes.ts';
import { fullForm } from '../../../shared/ocsf/full.ts';
import type { OcsfEvent } from '../../../shared/model.ts';
import { goldenCases, runGolden } from '../../golden-runner.ts';
import { EXAMPLES } from './examples.ts';

const PUBLISHED = resolve(process.cwd(), '../shared/ocsf/1.8.0');
const ajv = new Ajv({ allErrors: true, strict: false });

/** The published schemas require the attributes of every profile at once. */
const OF_PROFILES = ['cloud', 'osint'];

function problems(event: OcsfEvent, name: string): string[] {
  const schema = JSON.parse(readFileSync(join(PUBLISHED, 'jsonschema', `${event.class_uid}_${name}.json`), 'utf8')) as SchemaObject;
  const validate = ajv.getSchema(String(schema.$id)) ?? ajv.compile(schema);
  if (validate(JSON.parse(JSON.stringify(event))) === true) return [];
  const missing = OF_PROFILES.map((attribute) => `must have required property '${attribute}'`);
  return (validate.errors ?? [])
    .map(({ instancePath, message }) => `${instancePath}: ${message ?? ''}`)
    .filter((problem) => !missing.includes(problem.slice(2)));
}

(existsSync(PUBLISHED) ? describe : describe.skip)('the published OCSF schemas', () => {
  it.each(EXAMPLES)('accept %s, short and full', (name, event) => {
    expect(problems(event, name)).toEqual([]);
    expect(problems(fullForm(event), name)).toEqual([]);
  });

  it('accept every event of the golden cases, short and full', async () => {
    const names = new Map(OCSF_CLASSES.map(({ uid, name }) => [uid, name]));
    for (const golden of goldenCases()) {
      for (const event of (await runGolden(golden)).events) {
        const name = names.get(event.class_uid);
        // Classes that only other producers' events have (source ocsf).
        if (name === undefined) continue;
        const found = [...problems(event, name), ...problems(fullForm(event), name)];
        expect({ case: golden.directory, found }).toEqual({ case: golden.directory, found: [] });
      }
    }
  });

  it('refuse what our schemas refuse', () => {
    for (const [name, event] of EXAMPLES) expect(problems({ ...event, colour: 'red', severity_id: 7 }, name)).toHaveLength(2);
  });

  it('give exactly the files that are committed', () => {
    for (const { path, content } of ocsfFiles(PUBLISHED)) expect({ path, content: readFileSync(path, 'utf8') }).toEqual({ path, content });
  });
});
