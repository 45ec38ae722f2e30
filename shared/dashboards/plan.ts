// What an import does to a Dashboards that has some of it already. Nothing that somebody made is lost: what is not ours is left as it is, and
// what is ours and was changed is kept beside the new one, under an id of its own.
// https://docs.opensearch.org/latest/dashboards/management/saved-objects/
import { digestOf, markOf, unmarked, type Stored } from './marker.ts';
import type { SavedObject } from './model.ts';
import { isArray, object, parseJson, text } from '../outcome.ts';

export interface ImportPlan {
  /** Not there yet. */
  readonly create: readonly SavedObject[];
  /** Ours, as an earlier version made it, or changed by somebody and kept. */
  readonly replace: readonly SavedObject[];
  /** Copies of what was changed, to be created before anything is replaced. They refer to each other, and are nobody's but their owner's. */
  readonly keep: readonly SavedObject[];
  /** There as it would be imported. */
  readonly unchanged: readonly SavedObject[];
  /** Have one of our ids and were not made by us: left as they are. */
  readonly foreign: readonly Stored[];
}

/** @param there what the server has, by {@link keyOf}. */
export function planImport(ours: readonly SavedObject[], there: ReadonlyMap<string, Stored>): ImportPlan {
  const create: SavedObject[] = [];
  const replace: SavedObject[] = [];
  const edited: Stored[] = [];
  const unchanged: SavedObject[] = [];
  const foreign: Stored[] = [];
  for (const own of ours) {
    const stored = there.get(keyOf(own));
    if (stored === undefined) create.push(own);
    else if (markOf(stored) !== undefined && isCurrent(stored, own)) unchanged.push(own);
    else if (markOf(stored) === undefined) foreign.push(stored);
    else {
      if (digestOf(stored) !== markOf(stored)) edited.push(stored);
      replace.push(own);
    }
  }
  return { create, replace, keep: copiesOf(edited), unchanged, foreign };
}

export function keyOf({ type, id }: Pick<SavedObject, 'type' | 'id'>): string {
  return `${type} ${id}`;
}

/** Fields are the index's, not somebody's: they are no change of a pattern, and yet it is not up to date without them. */
function isCurrent(stored: Stored, own: SavedObject): boolean {
  return digestOf(stored) === digestOf(own) && String(fieldsOf(stored)) === String(fieldsOf(own));
}

function fieldsOf({ type, attributes }: Stored): readonly string[] {
  const listed = type === 'index-pattern' ? parseJson(text(attributes['fields']) ?? '') : undefined;
  return (isArray(listed) ? listed : [])
    .flatMap((field) => {
      const { name, type: kind, searchable, aggregatable, scripted } = object(field) ?? {};
      return scripted === true ? [] : [JSON.stringify([name, kind, searchable, aggregatable])];
    })
    .toSorted();
}

/** The id tells the contents: the same change is kept once, however often the import is repeated. */
function copiesOf(edited: readonly Stored[]): readonly SavedObject[] {
  const ids = new Map(edited.map((stored) => [keyOf(stored), `${stored.id}-kept-${digestOf(stored).replaceAll('_', '-')}`]));
  return edited.map((stored) => {
    const own = unmarked(stored);
    const title = own.attributes['title'];
    return {
      type: stored.type,
      id: ids.get(keyOf(stored)) ?? stored.id,
      // The title of an index pattern is the pattern.
      attributes:
        stored.type === 'index-pattern' || typeof title !== 'string' ? own.attributes : { ...own.attributes, title: `${title} (kept)` },
      references: stored.references.map((reference) => {
        const kept = ids.get(`${reference.type} ${reference.id}`);
        return kept === undefined ? reference : { ...reference, id: kept };
      }),
    };
  });
}
