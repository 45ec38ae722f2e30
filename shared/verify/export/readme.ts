// README.txt of an exported directory, for whoever gets it and has nothing else.
import { scopeText, size } from '../report-text.ts';
import type { Scope } from '../scope.ts';
import type { Manifest } from './format.ts';

export function readme(manifest: Manifest, scope: Scope): string {
  const { bank, exported, log, objects, problems } = manifest;
  const failures = problems.filter(({ severity }) => severity === 'failure').length;
  const found =
    failures === 0
      ? 'When it was exported, nothing was wrong with it.'
      : `When it was exported, ${failures} things were wrong: manifest.json lists them.`;
  return `Evidence of ${bank}
${'='.repeat(12 + bank.length)}

What      ${scopeText(scope)}
Holds     ${objects.count} sealed objects (${size(objects.bytes)} when opened), ${objects.statements} statements
Exported  ${exported.at} by ${exported.by}
Because   ${exported.reason}
Log       ${log.origin}, ${log.size} leaves, root ${log.root}

KEEP THIS DIRECTORY CLOSED. objects.ndjson holds the data key of each object in here: whoever has the directory can read these objects.
The keys open nothing else.

${found}

What it proves
--------------
Every object is here byte for byte as it lay in the bank's vault. The vault keeps a log: one leaf per object, with the SHA-256 of the sealed
bytes and a salted hash of what they open to. The leaves are the leaves of a Merkle tree (RFC 6962), and the root of the tree is signed every
few minutes, by the log and, where the bank has one, by a witness outside of the bank's security account. So an object that was altered,
exchanged or made later has no place in a tree whose root was signed before.

Whose signature it is, the keys decide. Compare keys/trust.txt with what the bank and its witness have published or handed to you some other
way: keys that only come with the evidence prove nothing against whoever has put the directory together.

The directory holds what was asked for. That nothing else was sealed in the period, it does not prove: that is verified at the vault, with
\`strongroom verify\`.

How to verify it
----------------
With the bank's tool, on a machine without AWS:

    npx strongroom verify --offline DIRECTORY --trust TRUST_FILE

Or without any of the bank's code, in Python 3.11 or newer, with two packages of PyPI (aws-encryption-sdk 4.0.7 and cryptography) and the
script docs/verify_evidence.py of the project, which is short enough to be read first:

    python verify_evidence.py DIRECTORY --trust TRUST_FILE --extract OTHER_DIRECTORY

What lies where
---------------
manifest.json    what was exported, by whom and why; SHA-256 of the other files
objects.ndjson   one line for each object: place in the log, leaf, encryption context, data key, salt of its hash
objects/         the sealed objects: messages of the AWS Encryption SDK, suite 0x0478 (AES-256-GCM with key commitment)
statements/      what was said about the evidence: who opened it and why, legal holds, erasures, CloudTrail's public keys
proofs/          for each of both the way from its leaf to the signed root, as C2SP tlog-proof
checkpoints/     signed roots (C2SP signed notes): the first after each object, and the one of the proofs; the files *.consistency prove that
                 each of them continues the one before
keys/            the public keys, as C2SP verifier keys; trust.txt is what this export was verified with
`;
}
