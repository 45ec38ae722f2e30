// What the vault says about erasures: the intent before a key is destroyed, the proof after, or that it was given up.
import { isObject, text } from '../outcome.ts';
import { readStatements, type Statement } from '../seal/statements.ts';
import type { VaultSource } from '../seal/vault.ts';

export type ErasureStage = 'intent' | 'done' | 'abandoned';

export interface Erasure {
  /** Id and vault key of the intent. */
  readonly id: string;
  readonly statement: string;
  /** ms since the epoch: of the intent. */
  readonly at: number;
  readonly class: string;
  readonly period: string;
  readonly stage: ErasureStage;
  /** Vault key of the statement that says how it ended. */
  readonly outcome: string | undefined;
}

/** All erasures, each with the latest that is known of it. */
export async function readErasures(vault: VaultSource): Promise<readonly Erasure[]> {
  const intents: Statement[] = [];
  const outcomes = new Map<string, Pick<Erasure, 'stage' | 'outcome'>>();
  for await (const statement of readStatements(vault, 'erasure')) {
    const { stage, erasure } = statement.body;
    if (stage === 'intent') intents.push(statement);
    else if (typeof erasure === 'string' && (stage === 'done' || stage === 'abandoned'))
      outcomes.set(erasure, { stage, outcome: statement.key });
  }
  return intents.map(({ id, key, at, body }) => ({
    ...{ id, at, statement: key },
    ...keyOf(body['key']),
    ...(outcomes.get(id) ?? { stage: 'intent' as const, outcome: undefined }),
  }));
}

function keyOf(candidate: unknown): Pick<Erasure, 'class' | 'period'> {
  const key = isObject(candidate) ? candidate : {};
  return { class: text(key['class']) ?? '', period: text(key['period']) ?? '' };
}
