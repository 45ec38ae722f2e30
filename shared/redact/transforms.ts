// What happens to a mapped event before it leaves ingest, in this order: exclusion, redaction.
import type { BankConfig } from '../config.ts';
import type { Transform } from '../normalise.ts';
import { excluder } from './exclude.ts';
import { redactor } from './redact.ts';

/** @returns the transforms that the bank's file asks for on events of this source. */
export function transformsFor(bank: Pick<BankConfig, 'exclusions' | 'redaction'>, source: string): readonly Transform[] {
  return [excluder(bank.exclusions, source), redactor(bank.redaction)].filter((transform) => transform !== undefined);
}
