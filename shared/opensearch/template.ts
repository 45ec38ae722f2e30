// https://docs.opensearch.org/latest/im-plugin/index-templates/ : one composable template per OCSF class, as tools/index-templates.ts makes them of
// fields.ts and the classes' schemas.
import templates from '../../schemas/opensearch/templates/index-templates.json' with { type: 'json' };

export interface IndexTemplate {
  readonly name: string;
  readonly body: {
    readonly index_patterns: readonly string[];
    readonly priority: number;
    readonly version: number;
    readonly _meta: { readonly strongroom: string };
    readonly template: object;
  };
}

/**
 * @returns one template per class, one for all others, and one for replays; `_meta.strongroom`, which the mappings carry too, names its contents,
 * so that a change is seen.
 */
export function indexTemplates(): readonly IndexTemplate[] {
  return templates;
}
