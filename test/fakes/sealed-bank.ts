// A bank's vault, keys and log in memory, all of it made by the product's own code: for the tests of verification and export.
import type { JsonObject, Origin } from '../../shared/model.ts';
import { originOf } from '../../shared/notary/checkpoint.ts';
import { logWriter, pending, type LogWriter } from '../../shared/notary/append.ts';
import { cosign } from '../../shared/notary/cosign.ts';
import { describeVersion } from '../../shared/notary/describe.ts';
import { signNote } from '../../shared/notary/note.ts';
import { parseNote } from '../../shared/notary/note.ts';
import { publish, type Published } from '../../shared/notary/publish.ts';
import type { KmsSigner } from '../../shared/notary/signer.ts';
import { LOG_PREFIX, s3LogStore } from '../../shared/notary/store.ts';
import { classOf, type RetentionConfig } from '../../shared/retention/classes.ts';
import type { EvidenceFacts } from '../../shared/seal/metadata.ts';
import { createOpener, type Opener } from '../../shared/seal/open.ts';
import { createPeriodKeys, type PeriodKeys } from '../../shared/seal/period-keys.ts';
import { createSealer } from '../../shared/seal/seal.ts';
import { inMemory } from '../../shared/seal/spool.ts';
import { putStatement, type StatementKind } from '../../shared/seal/statements.ts';
import { putEvidence, vaultKey, type Vault } from '../../shared/seal/vault.ts';
import { s3VaultReader } from '../../shared/verify/vault-reader.ts';
import { parseTrust } from '../../shared/verify/trust.ts';
import type { VerifyDeps } from '../../shared/verify/verify-vault.ts';
import { createFakeKms } from './kms.ts';
import { memoryLog, testSigner } from './log.ts';
import { createFakeS3, type FakeS3, type FakeVersion } from './s3.ts';

export const LOG = originOf('demo', 'eu-central-1');
export const WITNESS = 'strongroom/demo/witness/444444444444';
export const START = Date.UTC(2026, 10, 20, 12);
const MINUTE_MS = 60_000;

export interface SealedBank {
  readonly s3: FakeS3;
  readonly vault: Vault;
  readonly keys: PeriodKeys;
  readonly opener: Opener;
  readonly writer: LogWriter;
  readonly signer: KmsSigner;
  readonly witness: KmsSigner;
  /** ms since the epoch: moves only when it is told to. */
  now: number;
  seal(unit?: Partial<Origin>, bytes?: Buffer, facts?: Partial<EvidenceFacts>): Promise<string>;
  say(kind: StatementKind, body: JsonObject): Promise<string>;
  /** Takes everything into the log that is in the vault and not there. @returns how many leaves are new. */
  log(): Promise<number>;
  sign(options?: { readonly witnessed?: boolean }): Promise<Published>;
  /** The one version of a key, to be tampered with. */
  version(key: string): { -readonly [name in keyof FakeVersion]: FakeVersion[name] };
  trustFile(quorum?: 'none' | 'w'): string;
  deps(more?: Partial<VerifyDeps>): VerifyDeps;
}

export const RETENTION: RetentionConfig = { evidence_days: 365, evidence_mode: 'compliance' };

export function sealedBank(): SealedBank {
  const state = { now: START };
  const now = (): number => state.now;
  const s3 = createFakeS3({ now, pageSize: 7 });
  const { client: kms, keyArn } = createFakeKms();
  const keys = createPeriodKeys({ s3: s3.client, bucket: 'period-keys', bank: 'demo', kms, keyArn, now });
  const sealer = createSealer({ keys });
  const vault: Vault = { s3: s3.client, bucket: 'vault', retention: RETENTION };
  const { index } = memoryLog().open();
  const [signer, witness] = [testSigner(LOG), testSigner(WITNESS, 'cosignature', now)];
  const writer = logWriter({ store: s3LogStore(vault), index, origin: LOG });
  const logged = new Set<string>();
  let units = 0;

  return {
    ...{ s3, vault, keys, opener: createOpener({ keys }), writer, signer, witness },
    get now() {
      return state.now;
    },
    set now(time) {
      state.now = time;
    },
    async seal(unit = {}, given?: Buffer, more = {}) {
      const bytes = given ?? Buffer.from(`record ${units + 1}\n`);
      units++;
      const origin: Origin = {
        ...{ bank: 'demo', account: '222222222222', region: 'eu-central-1', source: 'alb', trigger: 's3' },
        ...{ uri: `s3://landing/object-${units}.log#v1`, time: state.now - MINUTE_MS },
        ...unit,
      };
      const className = classOf(origin.source, RETENTION);
      const { message, plaintext, size } = await sealer.seal(bytes, { origin, class: className });
      const counts = { records: 1, events: 1, excluded: 0, parked: 0 };
      const times = { firstTime: origin.time - MINUTE_MS, lastTime: origin.time - 1000 };
      await putEvidence(vault, { ...{ origin, class: className, plaintext, size, counts }, ...times, ...more, body: inMemory(message) });
      return vaultKey(origin);
    },
    say: async (kind, body) => (await putStatement(vault, kind, body, { now: state.now })).key,
    async log() {
      const fresh = s3
        .keys('vault')
        .filter((key) => !key.startsWith(LOG_PREFIX))
        .flatMap((key) => s3.versions('vault', key).map(({ version, isMarker }) => ({ key, version, isMarker })));
      const leaves = [];
      for (const { key, version, isMarker } of fresh) {
        const id = `${key} ${version}`;
        if (isMarker || logged.has(id)) continue;
        logged.add(id);
        leaves.push(pending((await describeVersion(vault, { key, version })).leaf));
      }
      return (await writer.append(leaves)).appended;
    },
    async sign({ witnessed = false } = {}) {
      const published = await publish(writer, { signer: () => Promise.resolve(signer), interval: 0, now: state.now });
      if (published === undefined) throw new Error('there was nothing to sign');
      if (witnessed)
        await cosign(writer, published, { key: undefined, call: async (_, body) => ({ status: 200, body: await lines(body, witness) }) });
      return published;
    },
    version(key) {
      const [found] = s3.versions('vault', key);
      if (found === undefined) throw new Error(`${key} is not in the vault`);
      return found;
    },
    trustFile: (quorum = 'none') => `log ${signer.vkey}\nwitness w ${witness.vkey}\nquorum ${quorum}\n`,
    deps(more = {}) {
      const trust = parseTrust(this.trustFile());
      const reader = s3VaultReader({ s3: s3.client, bucket: 'vault' });
      return { vault: reader, opener: this.opener, trust, origin: LOG, retention: RETENTION, now, concurrency: 4, ...more };
    },
  };
}

/** What a witness answers: its line alone. */
async function lines(submission: string, witness: KmsSigner): Promise<string> {
  const note = submission.slice(submission.indexOf('\n\n') + 2);
  const { text } = parseNote(note);
  return (await signNote(text, [witness])).slice(text.length + 1);
}
