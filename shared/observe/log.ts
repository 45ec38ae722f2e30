// Structured logs through Powertools: static messages, data in fields, never the contents of a record.
// https://docs.powertools.aws.dev/lambda/typescript/latest/features/logger/
import { Logger } from '@aws-lambda-powertools/logger';

export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error' | 'addContext' | 'resetKeys'>;

export function createLog(): Log {
  return new Logger();
}

/** An error as fields that may be logged: names and messages of ours hold no record contents, those of others are cut. */
export function errorFields(error: unknown): { readonly error: string; readonly reason: string } {
  if (!(error instanceof Error)) return { error: 'unknown', reason: 'not an Error' };
  return { error: error.name, reason: error.message.slice(0, 300) };
}
