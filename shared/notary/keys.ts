// The public keys that ever signed checkpoints, beside the log: `keys/<id>.json`. Who verifies the log from outside has them from elsewhere;
// the writer reads its own checkpoints with them.
import { EvidenceError } from '../errors.ts';
import { isObject, parseJson, text } from '../outcome.ts';
import type { KmsSigner } from './signer.ts';
import { keyPath, KEYS, type LogStore } from './store.ts';
import { keyIdText, verifierOf, type NoteVerifier } from './verifier.ts';

/** Puts the signer's public key there, if it is not. To be done before anything is signed with it. */
export async function publishKey(store: LogStore, { vkey, spki, kind, keyId }: KmsSigner, now: number): Promise<void> {
  const path = keyPath(keyIdText(keyId));
  if ((await readKey(store, path))?.vkey === vkey) return;
  const file = { vkey, spki: spki.toString('base64'), algorithm: kind, created: new Date(now).toISOString() };
  if ((await store.putOnce(path, Buffer.from(`${JSON.stringify(file)}\n`), 'log')) === 'put') return;
  if ((await readKey(store, path))?.vkey !== vkey) throw new EvidenceError(`${path} of the log is another key than the one that signs`);
}

/** All keys that are there. */
export async function publishedKeys(store: Pick<LogStore, 'get' | 'list'>): Promise<readonly NoteVerifier[]> {
  const keys: NoteVerifier[] = [];
  for await (const path of store.list(KEYS)) {
    const key = await readKey(store, path);
    if (key !== undefined) keys.push(key);
  }
  return keys;
}

async function readKey(store: Pick<LogStore, 'get'>, path: string): Promise<NoteVerifier | undefined> {
  const bytes = await store.get(path);
  if (bytes === undefined) return undefined;
  const file = parseJson(bytes.toString());
  const vkey = isObject(file) ? text(file['vkey']) : undefined;
  if (vkey === undefined) throw new EvidenceError(`${path} of the log holds no key`);
  return verifierOf(vkey);
}
