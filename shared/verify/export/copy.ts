// Copies objects while they are verified: the sealed bytes to a file, the proof beside it, and one line that says how the message is opened.
import { isDigestKey, s3Place } from '../../cloudtrail-digest/names.ts';
import type { Leaf } from '../../notary/leaf.ts';
import type { PeriodKeys } from '../../seal/period-keys.ts';
import type { LoggedLeaf } from '../log-check.ts';
import type { Taps } from '../object-check.ts';
import type { StoredObject } from '../vault-reader.ts';
import type { Chain } from './chain.ts';
import { capturingOpener, type Captured } from './data-key.ts';
import type { Directory, Writer } from './directory.ts';
import { objectFile, OBJECTS, proofPath, type ExportedObject, type Opens } from './format.ts';

export interface Copy {
  /** For one attempt to verify one object. */
  tapsOf(at: LoggedLeaf): Taps;
  readonly totals: Totals;
  /** Whether it was copied. */
  has(index: number): boolean;
  end(): Promise<void>;
}

export interface Totals {
  count: number;
  statements: number;
  bytes: number;
  /** Digests of CloudTrail. */
  digests: number;
}

export interface CopyDeps {
  readonly keys: Pick<PeriodKeys, 'forOpening'>;
  readonly directory: Directory;
  readonly chain: Chain;
}

const SUITE = '0x0478';

export function createCopy({ keys, directory, chain }: CopyDeps): Copy {
  const lines = directory.writer(OBJECTS);
  const totals: Totals = { count: 0, statements: 0, bytes: 0, digests: 0 };
  const copied = new Set<number>();
  let written = Promise.resolve();

  /** Objects are done at the same time, lines are written one after the other. */
  function writeLine(line: ExportedObject): Promise<void> {
    written = written.then(() => lines.write(`${JSON.stringify(line)}\n`));
    return written;
  }

  return {
    totals,
    has: (index) => copied.has(index),
    tapsOf(at) {
      const { index, leaf } = at;
      // What no checkpoint covers cannot be proven yet.
      if (index >= chain.last.size) return {};
      const file = objectFile(index, leaf.kind === 'statement');
      const sealed = directory.writer(file);
      const known: Known = { captured: undefined, stored: undefined };
      return {
        ...(leaf.kind === 'statement' ? {} : { opener: capturingOpener(keys, leaf.key, (captured) => (known.captured = captured)) }),
        onStored: (stored) => void (known.stored = stored),
        onSealed: (piece) => sealed.write(piece),
        async onChecked({ plainBytes }) {
          if (!(await sealed.close())) return;
          directory.write(proofPath(index), await chain.proofOf(index));
          chain.covers(index);
          copied.add(index);
          count(totals, leaf, plainBytes);
          await writeLine(lineOf(at, file, known));
        },
        onFailed: () => closed(sealed),
      };
    },
    async end() {
      await written;
      await lines.close();
    },
  };
}

interface Known {
  captured: Captured | undefined;
  stored: StoredObject | undefined;
}

async function closed(writer: Writer): Promise<void> {
  await writer.close();
}

function count(totals: Totals, leaf: Leaf, plainBytes: number): void {
  if (leaf.kind === 'statement') {
    totals.statements++;
    return;
  }
  totals.count++;
  totals.bytes += plainBytes;
  const place = leaf.trigger === 's3' ? s3Place(leaf.origin) : undefined;
  if (place !== undefined && isDigestKey(place.key)) totals.digests++;
}

function lineOf({ index, leaf, bytes }: LoggedLeaf, file: string, { captured, stored }: Known): ExportedObject {
  return {
    file,
    index,
    leaf: bytes.toString('base64'),
    proof: proofPath(index),
    key: leaf.key,
    version: leaf.version,
    ...(leaf.kind === 'statement' ? {} : { metadata: stored?.metadata ?? {} }),
    ...(captured === undefined ? {} : { opens: opensOf(captured) }),
  };
}

function opensOf({ keyName, dataKey, salt, context }: Captured): Opens {
  return {
    algorithm: SUITE,
    context: { ...context },
    key_name: keyName,
    data_key: dataKey.toString('base64'),
    salt: salt.toString('base64'),
  };
}
