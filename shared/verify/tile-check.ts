// The tiles above the leaves' own: each hash is the root of the tile below it. https://c2sp.org/tlog-tiles
import { EvidenceError } from '../errors.ts';
import { rootOf, type Hash } from '../notary/merkle.ts';
import { tileReader, type ReadableLog } from '../notary/read.ts';
import { LOG_PREFIX } from '../notary/store.ts';
import { TILE_WIDTH, tilePath } from '../notary/tiles.ts';
import { problem, type Problem } from './problems.ts';

export interface TileCheck {
  /** The hashes of one more tile of level 0. */
  add(hashes: readonly Hash[]): Promise<void>;
  /** Looks at the tiles that are not full yet. */
  end(): Promise<void>;
}

interface Level {
  readonly tiles: number;
  readonly hashes: readonly Hash[];
}

export function createTileCheck(store: ReadableLog, onProblem: (found: Problem) => void): TileCheck {
  // Of level 1 and above: the tile that is being filled.
  const levels = new Map<number, Level>();

  async function add(level: number, hash: Hash): Promise<void> {
    const { tiles, hashes } = levels.get(level) ?? { tiles: 0, hashes: [] };
    const filled = [...hashes, hash];
    if (filled.length < TILE_WIDTH) {
      levels.set(level, { tiles, hashes: filled });
      return;
    }
    levels.set(level, { tiles: tiles + 1, hashes: [] });
    await compare(level, tiles, filled);
    await add(level + 1, rootOf(filled));
  }

  async function compare(level: number, index: number, hashes: readonly Hash[]): Promise<void> {
    const path = tilePath(level, index, hashes.length);
    const wrong = await difference(path, hashes);
    if (wrong !== undefined) onProblem(problem('bad_tile', LOG_PREFIX + path, wrong));
  }

  async function difference(path: string, hashes: readonly Hash[]): Promise<string | undefined> {
    try {
      const bytes = await tileReader(store)(path);
      return bytes.equals(Buffer.concat(hashes)) ? undefined : 'it holds other hashes than the tiles below it give';
    } catch (error) {
      if (error instanceof EvidenceError) return error.message;
      throw error;
    }
  }

  return {
    async add(hashes) {
      if (hashes.length === TILE_WIDTH) await add(1, rootOf(hashes));
    },
    async end() {
      for (const [level, { tiles, hashes }] of levels) if (hashes.length > 0) await compare(level, tiles, hashes);
    },
  };
}
