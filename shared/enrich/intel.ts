// Indicators, in ingest: the index in use is loaded once and replaced when the intel function has made another.
import { MisconfiguredError } from '../errors.ts';
import type { IntelConfig } from '../intel/config.ts';
import { createIntelIndex } from '../intel/index/match.ts';
import { openIndex } from '../intel/index/open.ts';
import { createMatcher, type Matcher } from '../intel/matcher.ts';
import { withOsint } from '../intel/osint.ts';
import { readIndexFile, readManifest } from '../intel/store.ts';
import type { ReferenceStore } from '../reference/reference.ts';
import type { Enricher } from './enrich.ts';

/** Four million indicators. Ingest holds two while one is replaced, beside databases of places and what it is reading; memory is no failure to go on after. */
const MAX_BYTES = 224 * 1024 ** 2;

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
        if (index.bytes > MAX_BYTES)
          throw new MisconfiguredError(
            `the index of indicators has ${index.size} of them, ${index.bytes} bytes, and ingest takes ${MAX_BYTES}: take feeds out of intel.feeds`,
          );
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
