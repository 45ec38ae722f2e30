// What a function's answer says about the items of its batch, and how items are cut into batches.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html and https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
import { isArray, isObject, parseJson, text } from '../../shared/outcome.ts';
import type { InvocationResult } from './model.ts';

/** Lambda's limit for the event of a synchronous invocation, less room for the envelope. */
export const MAX_BATCH_BYTES = 6 * 0x100000 - 0x10000;

/**
 * @param identifiers of the items in the batch: SQS message ids or Kinesis sequence numbers.
 * @param partial whether the mapping has ReportBatchItemFailures.
 * @returns the identifiers that failed. An answer that Lambda does not understand fails the whole batch.
 */
export function failedItems(result: InvocationResult, identifiers: readonly string[], partial: boolean): ReadonlySet<string> {
  if (result.failed) return new Set(identifiers);
  if (!partial) return new Set();
  const answer = parseJson(result.payload);
  if (answer === null) return new Set();
  const listed = isObject(answer) ? (answer['batchItemFailures'] ?? []) : undefined;
  if (!isArray(listed)) return new Set(identifiers);
  const failed = listed.map((item) => (isObject(item) ? text(item['itemIdentifier']) : undefined)).filter((item) => item !== undefined);
  const understood = failed.length === listed.length && failed.every((item) => identifiers.includes(item));
  return new Set(understood ? failed : identifiers);
}

/** @returns how many of the items, from the first on, make one batch: at least one, at most `maxItems`, no more bytes than Lambda takes. */
export function batchLength(sizes: readonly number[], maxItems: number): number {
  let bytes = 0;
  let count = 0;
  for (const size of sizes.slice(0, maxItems)) {
    bytes += size;
    if (count > 0 && bytes > MAX_BATCH_BYTES) break;
    count += 1;
  }
  return count;
}
