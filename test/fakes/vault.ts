// A vault with sealed evidence, period keys and statements, all in memory.
import type { Origin } from '../../shared/model.ts';
import { createHolds, type Holds } from '../../shared/retention/holds.ts';
import type { RetentionConfig } from '../../shared/retention/classes.ts';
import { recordAccess } from '../../shared/seal/access.ts';
import type { OpenVault } from '../../shared/seal/evidence.ts';
import { createOpener } from '../../shared/seal/open.ts';
import { createPeriodKeys, type PeriodKeys } from '../../shared/seal/period-keys.ts';
import type { PeriodKeyStore } from '../../shared/seal/period-key-store.ts';
import { createSealer, type Sealer } from '../../shared/seal/seal.ts';
import { inMemory } from '../../shared/seal/spool.ts';
import type { StatementVault } from '../../shared/seal/statements.ts';
import { putEvidence, vaultKey } from '../../shared/seal/vault.ts';
import { createFakeKms, type FakeKms } from './kms.ts';
import { createFakeS3, type FakeS3 } from './s3.ts';

export const RETENTION: RetentionConfig = {
  evidence_days: 30,
  evidence_mode: 'governance',
  classes: [{ name: 'trail', sources: ['cloudtrail'], evidence_days: 3650, evidence_mode: 'compliance' }],
};

export interface FakeVault {
  readonly s3: FakeS3;
  readonly kms: FakeKms;
  readonly vault: StatementVault;
  readonly keyStore: PeriodKeyStore;
  readonly keys: PeriodKeys;
  readonly sealer: Sealer;
  readonly holds: Holds;
  open(): Promise<OpenVault>;
  /** Another process: it remembers nothing. */
  freshKeys(): PeriodKeys;
  /** Seals a unit as the functions do. @returns its key in the vault. */
  seal(origin: Origin, content?: string, className?: string): Promise<string>;
}

export function createFakeVault(now: () => number = () => Date.now()): FakeVault {
  const s3 = createFakeS3({ now });
  const kms = createFakeKms();
  const vault = { s3: s3.client, bucket: 'vault', retention: RETENTION };
  const keyStore = { s3: s3.client, bucket: 'keys', bank: 'demo' };
  const freshKeys = (): PeriodKeys => createPeriodKeys({ ...keyStore, kms: kms.client, keyArn: kms.keyArn, now });
  const keys = freshKeys();
  const sealer = createSealer({ keys });
  const holds = createHolds(vault, now);
  return {
    ...{ s3, kms, vault, keyStore, keys, sealer, holds, freshKeys },
    async open() {
      const access = await recordAccess({ vault, reason: 'a test', purpose: 'verify', scope: { bank: 'demo' }, by: 'the test' });
      return { s3: s3.client, bucket: 'vault', opener: createOpener({ keys: freshKeys() }), access };
    },
    async seal(origin, content = 'some log', className = 'standard') {
      const { message, ...sealed } = await sealer.seal(Buffer.from(content), { origin, class: className });
      const counts = { records: 1, events: 1, excluded: 0, parked: 0 };
      const facts = { origin, class: className, ...sealed, counts, firstTime: undefined, lastTime: undefined };
      await putEvidence(vault, { ...facts, body: inMemory(message), held: await holds.covers(origin) });
      return vaultKey(origin);
    },
  };
}

/** @param day `YYYY-MM-DD` of delivery. */
export function originOn(day: string, changes: Partial<Origin> = {}): Origin {
  return {
    ...{ bank: 'demo', account: '222222222222', region: 'eu-central-1', source: 'alb', trigger: 's3' },
    uri: `s3://landing/${day}#1`,
    time: Date.parse(`${day}T12:00:00Z`),
    ...changes,
  };
}
