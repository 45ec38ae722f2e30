// Which period keys were destroyed on record: by statements that the log has, not by what lies in the place of the keys.
import { object, parseJson, text } from '../outcome.ts';

/** Statement of the erasure by the name of the period key, `<bank>/<class>/<YYYY-MM>`. */
export type Erasures = ReadonlyMap<string, string>;

/** @param statements contents of `erasure` statements, each found to be what the log says. */
export function erasuresOf(statements: readonly { readonly key: string; readonly text: string }[]): Erasures {
  const bodies = statements.map(({ key, text: content }) => ({ key, body: object(parseJson(content)) ?? {} }));
  const givenUp = new Set(bodies.filter(({ body }) => body['stage'] === 'abandoned').map(({ body }) => text(body['erasure'])));
  const intents = bodies.filter(({ body }) => body['stage'] === 'intent' && !givenUp.has(text(body['id'])));
  return new Map(
    intents.flatMap(({ key, body }) => {
      const name = text(object(body['key'])?.['name']);
      return name === undefined ? [] : [[name, key] as const];
    }),
  );
}
