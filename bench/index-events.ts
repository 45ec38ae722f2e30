// What the benchmarks of the index measure with: made-up logs as events, enriched, and the template of their class.
// https://docs.opensearch.org/latest/im-plugin/index-templates/
import type { JsonObject, OcsfEvent } from '../shared/model.ts';
import { createNormaliser } from '../shared/normalise.ts';
import { indexTemplates } from '../shared/opensearch/template.ts';
import { object, parseJson } from '../shared/outcome.ts';
import { sourceNamed } from '../shared/sources/registry.ts';
import { enriched } from './enriched.ts';

export interface DeliveredLog {
  readonly source: string;
  /** Class of its events; what it gives of others (sign-ins) is left out. */
  readonly classUid: number;
  readonly bytes: Buffer;
  /** Events have their ids by it. */
  readonly uri: string;
}

/** @throws Error where a record would be parked. */
export function eventsOf({ source, classUid, bytes, uri }: DeliveredLog): readonly OcsfEvent[] {
  const events: OcsfEvent[] = [];
  const normaliser = createNormaliser({
    origin: { bank: 'bench', account: '222222222222', region: 'eu-central-1', source, trigger: 'file', uri, time: 0 },
    source: sourceNamed(source),
    transforms: [],
    onEvent(event) {
      if (event.class_uid === classUid) events.push(enriched(event));
    },
    onParked({ code, detail }) {
      throw new Error(`bench: ${source} parked a record: ${code} ${detail}`);
    },
  });
  normaliser.push(bytes);
  normaliser.end();
  return events;
}

/** @param cls name of the class. @returns settings and mappings. */
export function templateOf(cls: string): JsonObject {
  const template = indexTemplates().find(({ name }) => name === `strongroom-${cls}`)?.body.template;
  const found = object(parseJson(JSON.stringify(template ?? null)));
  if (found === undefined) throw new Error(`bench: no template of ${cls}`);
  return found;
}
