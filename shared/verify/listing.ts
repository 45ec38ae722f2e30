// Every version in the vault that a scope covers, in the order of the keys. Days stand last in a key, so for a period the sources, accounts and
// regions there are have to be found first.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-prefixes.html
import { STATEMENT_KINDS, STATEMENTS } from '../seal/statements.ts';
import type { Scope } from './scope.ts';
import { compareKeys, type ObjectVersion, type VaultReader } from './vault-reader.ts';

type Lister = Pick<VaultReader, 'versions' | 'folder'>;

export async function* evidenceVersions(vault: Lister, scope: Scope): AsyncGenerator<ObjectVersion, void, undefined> {
  const { key } = scope;
  if (key === undefined) {
    yield* below(vault, scope, { prefix: `${scope.bank}/`, segments: [scope.source, scope.account, undefined] });
    return;
  }
  for await (const version of vault.versions(key)) if (version.key === key) yield version;
}

export async function* statementVersions(vault: Lister, scope: Scope): AsyncGenerator<ObjectVersion, void, undefined> {
  if (scope.key !== undefined || scope.source !== undefined || scope.account !== undefined) return;
  if (scope.from === undefined && scope.to === undefined) yield* vault.versions(STATEMENTS);
  else for (const kind of [...STATEMENT_KINDS].sort()) yield* ofDays(vault, scope, `${STATEMENTS}${kind}/`);
}

interface Level {
  readonly prefix: string;
  /** Of the levels below; undefined: all there are. */
  readonly segments: readonly (string | undefined)[];
}

async function* below(vault: Lister, scope: Scope, { prefix, segments }: Level): AsyncGenerator<ObjectVersion, void, undefined> {
  const [segment, ...rest] = segments;
  const isWhole = scope.from === undefined && scope.to === undefined && segments.every((one) => one === undefined);
  if (isWhole) yield* vault.versions(prefix);
  else if (segments.length === 0) yield* ofDays(vault, scope, prefix);
  else if (segment !== undefined) yield* below(vault, scope, { prefix: `${prefix}${segment}/`, segments: rest });
  else {
    const { prefixes, versions } = await vault.folder(prefix);
    // What lies here directly has no day: it belongs to no evidence, and is told of whatever the period.
    const found = [...prefixes.map((key) => ({ key, version: undefined })), ...versions.map((version) => ({ key: version.key, version }))];
    for (const { key, version } of found.sort((a, b) => compareKeys(a.key, b.key))) {
      if (version !== undefined) yield version;
      else yield* below(vault, scope, { prefix: key, segments: rest });
    }
  }
}

async function* ofDays(vault: Lister, { from, to }: Scope, prefix: string): AsyncGenerator<ObjectVersion, void, undefined> {
  const after = from === undefined ? undefined : `${prefix}${from.replaceAll('-', '/')}/`;
  const last = to === undefined ? undefined : `${prefix}${to.replaceAll('-', '/')}/\u{10ffff}`;
  for await (const version of vault.versions(prefix, after)) {
    if (last !== undefined && compareKeys(version.key, last) > 0) return;
    yield version;
  }
}
