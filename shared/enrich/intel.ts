// Indicators, in ingest: the index in use is loaded once and replaced when the intel function has made another.
import type { IntelConfig } from '../intel/config.ts';
import { createIntelIndex } from '../intel/index/match.ts';
import { openIndex } from '../intel/index/open.ts';
import { createMatcher, type Matcher } from '../intel/matcher.ts';
import { withOsint } from '../intel/osint.ts';
import { readIndexFile, readManifest } from '../intel/store.ts';
import type { ReferenceStore } from '../reference/reference.ts';
import type { Enricher } from './enrich.ts';

/** Before the first index, events only lose what others pretend is ours. */
export function intelEnricher(store: ReferenceStore, { allow }: IntelConfig): Enricher {
  let etag: string | undefined;
  let sha256: string | undefined;
  let matcher: Matcher | undefined;
  return {
    name: 'intel',
    async load() {
      const found = await readManifest(store, etag);
      if (found === 'same' || found === undefined) return;
      const { index } = found.manifest;
      if (index.sha256 !== sha256) {
        const file = await readIndexFile(store, index.key);
        if (file === undefined) throw new Error('the index that intel/current.json names is not there');
        matcher = createMatcher(createIntelIndex(openIndex(file, index.sha256)), allow);
        sha256 = index.sha256;
      }
      etag = found.etag;
    },
    enrich: (event) => withOsint(event, matcher?.match(event) ?? []),
  };
}
