// A witness of the log for the drill: the same code as the deployed one, with a key of its own that the bank's account never has.
import { generateKeyPairSync } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { logWriter } from '../../shared/notary/append.ts';
import { openCheckpoint } from '../../shared/notary/checkpoint.ts';
import { cosign } from '../../shared/notary/cosign.ts';
import { dynamoIndex } from '../../shared/notary/head.ts';
import { localSigner } from '../../shared/notary/local-signer.ts';
import { verifierOf } from '../../shared/notary/note.ts';
import { s3LogStore } from '../../shared/notary/store.ts';
import { addCheckpoint, type Witness, type Witnessed } from '../../shared/notary/witness.ts';
import type { StatementVault } from '../../shared/seal/statements.ts';
import { memoryLogStore } from '../../test/fakes/log.ts';
import type { Account } from '../accounts.ts';

export interface DrillWitness {
  readonly vkey: string;
  /** Signs a checkpoint that the log has just published. */
  sign(note: string): Promise<void>;
}

export interface WitnessedLog {
  readonly account: Account;
  readonly vault: StatementVault;
  readonly table: string;
  readonly origin: string;
  /** Verifier key of the log. */
  readonly vkey: string;
}

export function startWitness(log: WitnessedLog): DrillWitness & { stop(): void } {
  const { account, vault, table, origin } = log;
  const { region, endpoint, credentials } = account;
  const dynamo = new DynamoDBClient({ region, endpoint, credentials });
  const keys = [verifierOf(log.vkey)];
  const signer = localSigner(`${origin}/witness`, 'cosignature', generateKeyPairSync('ed25519').privateKey);
  const witness = { origin, keys, state: memoryState(), copies: memoryLogStore(), signer: () => Promise.resolve(signer) };
  return {
    vkey: signer.vkey,
    async sign(note) {
      const writer = logWriter({ store: s3LogStore(vault), index: dynamoIndex({ dynamo, table }), origin });
      const published = { checkpoint: openCheckpoint(note, keys), edge: await writer.follow(), isNew: true };
      await cosign(writer, published, { call: (_, body) => addCheckpoint(witness, body), key: verifierOf(signer.vkey) });
    },
    stop: () => dynamo.destroy(),
  };
}

function memoryState(): Witness['state'] {
  let known: Witnessed | undefined;
  return {
    last: () => Promise.resolve(known),
    advance: (_, old, next) => {
      const isLast = (known?.size ?? 0) === old;
      if (isLast) known = next;
      return Promise.resolve(isLast);
    },
  };
}
