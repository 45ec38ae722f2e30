// How long AWS Backup keeps the tables, and how firmly. https://docs.aws.amazon.com/aws-backup/latest/devguide/vault-lock.html
import type { BankConfig } from '../../shared/config.ts';

export interface BackupStack {
  readonly keepDays: number;
  /** Days in which a lock that nobody can lift may still be changed; null where those who may can always lift it. */
  readonly changeableDays: number | null;
}

const KEEP_DAYS = 35;
/** The least that AWS takes. */
const CHANGEABLE_DAYS = 3;

export function backupOf({ backup, retention }: BankConfig): BackupStack {
  return { keepDays: backup?.keep_days ?? KEEP_DAYS, changeableDays: retention.evidence_mode === 'compliance' ? CHANGEABLE_DAYS : null };
}
