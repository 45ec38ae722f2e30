// Puts another index behind periods while they are written and searched. Every search finds every document once: both indices hold what could be
// found when, in one step, the aliases go from one to the other. What is written in just that moment is found a little later, at most seconds.
// https://docs.opensearch.org/latest/api-reference/index-apis/alias/ (several actions are one change), https://docs.opensearch.org/latest/api-reference/index-apis/blocks/
import { setTimeout as sleep } from 'node:timers/promises';
import { RetryableError } from '../errors.ts';
import type { OpenSearch } from '../opensearch/client.ts';
import { isObject, text } from '../outcome.ts';
import { ask } from './ask.ts';
import { checkpointOf, copyAlmostAll, copyPass, countOf, isStatus, NOTHING, refresh, type Copying, type Reached } from './copy.ts';
import { findStores, isWriteBlocked, putMeta, putSettings, type Found } from './stores.ts';

/**
 * While the last pass before the swap runs, nothing new is to become searchable in the old index, or it would be gone from sight for a moment.
 * Long, but not for ever: who is killed now leaves an index that is only slow. Two values, because a change begins the interval anew.
 */
const HUSHED = ['47s', '48s'] as const;
/** A pass that took longer may have been overtaken by that refresh. */
const HUSHED_MS = 30_000;
const MOST_SWAPS = 20;
const DEFAULT_REFRESH = '5s';
const NOT_FOUND = 404;

/** How often the index makes new documents searchable, when nobody has hushed it. */
export function refreshIntervalOf({ settings }: Pick<Found, 'settings'>): string {
  const found = text(settings['refresh_interval']);
  return found === undefined || found === '-1' || HUSHED.some((hushed) => hushed === found) ? DEFAULT_REFRESH : found;
}

/**
 * Moves the periods of one index to another that holds all but the latest of its documents (copyAlmostAll) and is ready to be searched.
 * @param since as copyAlmostAll gave it.
 * @throws RetryableError where it is to be run again; the periods are at one of the two then, and nothing is lost.
 */
export async function movePeriods(copying: Copying, source: Found, since: Reached): Promise<void> {
  const { client, from, to } = copying;
  if (isWriteBlocked(source)) {
    // Nobody writes: what the first passes took is all there is.
    await copyPass(copying, since);
    await refresh(client, to);
    await assertSame(copying);
    await blockWrites(client, to);
    await putMeta(client, to, { former: from, since: (await checkpointOf(client, to)).lowest, moving: true });
    await swapAliases(copying);
    await putMeta(client, to, { moving: undefined });
    return;
  }
  let reached = since;
  for (let attempt = 0; ; attempt++) {
    if (attempt >= MOST_SWAPS) throw new RetryableError(`${from} is too busy for its periods to be moved: run it again later`);
    await putSettings(client, from, { 'index.refresh_interval': HUSHED[attempt % 2] });
    const began = Date.now();
    // The change of the interval itself makes OpenSearch refresh once more, at its leisure: by the second pass it has.
    for (let pass = 0; pass < 2; pass++) reached = (await copyPass(copying, reached)).upTo;
    await refresh(client, to);
    await putMeta(client, to, { former: from, since: (await checkpointOf(client, to)).lowest, moving: true });
    if (Date.now() - began > HUSHED_MS) continue;
    await swapAliases(copying);
    break;
  }
  await finishMove(copying, reached);
}

/**
 * After the swap: takes over what was on its way to the old index, closes that, and makes sure that nothing is left in it alone.
 * @param since NOTHING where it is not known any more: all is compared then.
 */
export async function finishMove(copying: Copying, since = NOTHING): Promise<void> {
  const { client, from, to } = copying;
  const [[source], [target]] = await Promise.all([findStores(client, from), findStores(client, to)]);
  if (source === undefined || target === undefined) throw new RetryableError(`${from} is gone before all of it was copied to ${to}`);
  if (source.periods.length > 0) await swapAliases(copying);
  // Closed before all was there: opened for that long.
  const isClosed = isWriteBlocked(target);
  if (isClosed) await putSettings(client, to, { 'index.blocks.write': null });
  const { upTo: reached } = await copyPass(copying, since);
  await refresh(client, to);
  // Who was on the way is refused from here on, comes again and is sent to the new one.
  await blockWrites(client, from);
  await copyPass(copying, reached);
  const { created } = await copyPass(copying, reached);
  if (created > 0) throw new RetryableError(`${from} was written to although it is closed: run it again`);
  await refresh(client, to);
  const [before, after] = [await countOf(client, from), await countOf(client, to)];
  if (after < before) throw new RetryableError(`${to} has ${after} documents, ${from} has ${before}: run it again`);
  await putSettings(client, from, { 'index.refresh_interval': refreshIntervalOf(source) });
  if (isClosed) await blockWrites(client, to);
  await putMeta(client, to, { moving: undefined });
}

/** Answers when what was being written is written; from then on writers are refused. */
export async function blockWrites(client: OpenSearch, index: string): Promise<void> {
  await ask(client, { method: 'PUT', path: `/${index}/_block/write` });
}

/** Of an index that nobody writes to. */
async function assertSame({ client, from, to }: Copying): Promise<void> {
  const [before, after] = [await countOf(client, from), await countOf(client, to)];
  if (before !== after) throw new RetryableError(`${to} has ${after} documents, ${from} has ${before}: run it again`);
}

/** All aliases in one request, with what they are; none is ever at both or at neither. */
async function swapAliases({ client, from, to, assertMine }: Copying): Promise<void> {
  for (let attempt = 0; attempt < MOST_SWAPS; attempt++) {
    const [[source], [target]] = await Promise.all([findStores(client, from), findStores(client, to)]);
    const aliases = Object.entries(source?.aliases ?? {});
    if (aliases.length === 0 && target?.periods.length === 0)
      throw new RetryableError(`somebody else has moved the periods of ${from} meanwhile: run it again`);
    if (aliases.length === 0) return;
    assertMine();
    const actions = aliases.flatMap(([alias, properties]) => [
      { remove: { index: from, alias, must_exist: true } },
      { add: { index: to, alias, ...(isObject(properties) ? properties : {}), is_write_index: true } },
    ]);
    try {
      await ask(client, { method: 'POST', path: '/_aliases', body: { actions } });
    } catch (error) {
      // Somebody has taken one away meanwhile: look again.
      if (!isStatus(error, NOT_FOUND)) throw error;
      await sleep(200);
    }
  }
  throw new RetryableError(`the aliases of ${from} could not be moved to ${to}: run it again`);
}

/** The way back and the way there again: passes begin after what the other one is known to hold. */
export function sinceOf({ meta: { former, since } }: Found, target: string): Reached {
  return former === target && since !== undefined ? { ...NOTHING, lowest: since } : NOTHING;
}

/** Copies, then moves: for an index that is there already and was searched before. */
export async function moveBack(copying: Copying, source: Found): Promise<void> {
  const { client, to } = copying;
  await putSettings(client, to, { 'index.blocks.write': null });
  const since = await copyAlmostAll(copying, sinceOf(source, to));
  await movePeriods(copying, source, since);
}
