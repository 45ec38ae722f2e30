// Colder storage for evidence: which of S3's storage classes, what S3 asks for each, and which steps of the bank's file a retention class takes.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
import type { ColdStep, ColdStorage } from '../config.ts';

export interface StorageRules {
  /** Whatever is taken away or moved on earlier is billed for so many days. */
  readonly minDays: number;
  /** Days after which S3 moves objects there at the earliest. */
  readonly earliest: number;
  /** Objects have to be restored, which takes hours, before they can be opened. */
  readonly isArchive: boolean;
}

/** The warmest first. */
export const COLD_STORAGE: Readonly<Record<ColdStorage, StorageRules>> = {
  STANDARD_IA: { minDays: 30, earliest: 30, isArchive: false },
  GLACIER_IR: { minDays: 90, earliest: 1, isArchive: false },
  GLACIER: { minDays: 90, earliest: 1, isArchive: true },
  DEEP_ARCHIVE: { minDays: 180, earliest: 1, isArchive: true },
};

/** S3 leaves smaller objects where they are, and bills those that are there for as much. */
export const SMALLEST_COLD_BYTES = 128 * 1024;

/** @returns the steps that evidence kept for so many days takes: those whose shortest time is over before it may be deleted. */
export function coldSteps(days: number, cold: readonly ColdStep[] = []): readonly ColdStep[] {
  return cold.filter(({ after_days: after, storage_class: storage }) => after + COLD_STORAGE[storage].minDays <= days);
}
