// Every code a record can be rejected with, and the errors that mean "deliver again" or "misconfigured".

/** Bounded set: metrics, parked records and docs use these codes and no others. */
export const REJECT_CODES = {
  unknown_source: 'No source claims this object, log group or event.',
  corrupt_compression: 'The compressed bytes are damaged or end early; records before the damage were processed.',
  too_large: 'The unit expands beyond the limit; records before the limit were processed.',
  record_too_large: 'One record is larger than the limit for a record.',
  malformed_json: 'The record is not valid JSON.',
  malformed_record: 'The record does not have the shape its format demands.',
  missing_field: 'A field the event cannot do without is absent.',
  bad_value: 'A field holds a value outside its domain (time, number, address).',
  time_out_of_range: 'The event time lies outside the years 2000 to 2099.',
  residency: 'It is of a region or account whose data may not live here (docs/RESIDENCY.md); its text is in the evidence alone.',
  index_refused: 'OpenSearch refused the document for good (mapping or size).',
} as const;

/** Something is set up wrongly; trying again does not help until somebody changes it. Message: what, where, what to do. */
export class MisconfiguredError extends Error {
  override readonly name = 'MisconfiguredError';
}

/** A dependency failed for now; the trigger should deliver the same unit again. */
export class RetryableError extends Error {
  override readonly name = 'RetryableError';
}

/** Evidence does not open or does not match what was sealed. Message: what differs and where. */
export class EvidenceError extends Error {
  override readonly name: string = 'EvidenceError';
}

/** The key of evidence's period is not there any more: what was sealed under it stays closed. */
export class PeriodKeyError extends EvidenceError {
  override readonly name = 'PeriodKeyError';
  readonly state: 'erased' | 'absent';
  /** Of an erasure: vault key of the statement that says who, when and why. */
  readonly statement: string | undefined;

  constructor(message: string, { state, statement }: { readonly state: 'erased' | 'absent'; readonly statement?: string | undefined }) {
    super(message);
    this.state = state;
    this.statement = statement;
  }
}
