// The tree of a log as it grows leaf by leaf, and the checkpoints that were signed over it.
import { frontier, type Frontier, type Hash } from '../notary/merkle.ts';
import { LOG_PREFIX } from '../notary/store.ts';
import { TILE_WIDTH, tilePath } from '../notary/tiles.ts';
import { readCheckpoints, type CheckpointAt, type CheckpointSource, type ReadCheckpoint } from './checkpoints.ts';
import { problem, type Problem } from './problems.ts';

export interface LogResult {
  /** Checkpoints whose signature and root are right. */
  readonly checkpoints: number;
  readonly cosigned: number;
  /** Size of the latest one that a witness has signed. */
  readonly lastCosigned: number | undefined;
  readonly size: number;
  readonly root: Hash;
  /** Size of the latest checkpoint that satisfies the trust file; undefined where none does or nothing is demanded. */
  readonly witnessed: number | undefined;
}

export interface TreeSource extends CheckpointSource {
  readonly listed: readonly CheckpointAt[];
  readonly onProblem: (found: Problem) => void;
}

export interface Tree {
  /** Notes where a bundle and its tile differ: which of them is right, the next checkpoint tells. */
  compare(unit: {
    readonly number: number;
    readonly width: number;
    readonly tile: readonly Hash[];
    readonly computed: readonly Hash[];
  }): void;
  /** Whether a checkpoint of the present size may be there. */
  isDue(): boolean;
  checkpoints(): Promise<void>;
  append(fromLeaf: Hash | undefined, fromTile: Hash | undefined): void;
  end(): Promise<LogResult>;
  /** As end(), where the log could not be read to its end: later checkpoints are not looked at. */
  broken(): LogResult;
}

interface Difference {
  readonly leaf: number;
  readonly entries: string;
  readonly tile: string;
}

interface State {
  /** Two trees grow side by side, of the leaves and of the tiles' hashes: where one of the two was altered, the other still leads to the roots. */
  readonly ofLeaves: Frontier;
  readonly ofTiles: Frontier;
  readonly source: TreeSource;
  readonly good: { log: number; witness: number; kept: number };
  differences: Difference[];
  unmatched: ReadCheckpoint[];
  witnessed: number | undefined;
  lastCosigned: number | undefined;
}

export function createTree(source: TreeSource): Tree {
  const state: State = {
    ...{ ofLeaves: frontier(), ofTiles: frontier(), source },
    ...{ good: { log: 0, witness: 0, kept: 0 }, differences: [], unmatched: [], witnessed: undefined, lastCosigned: undefined },
  };
  const notes = readCheckpoints(source, source.listed);
  let ahead: ReadCheckpoint | 'unread' | undefined = 'unread';

  async function next(): Promise<ReadCheckpoint | undefined> {
    for (;;) {
      const read = await notes.next();
      if (read.done === true) return undefined;
      for (const found of read.value.problems) source.onProblem(found);
      if (read.value.checkpoint !== undefined) return read.value;
    }
  }

  async function checkpoints(): Promise<void> {
    if (ahead === 'unread') ahead = await next();
    for (; ahead !== undefined && ahead.size <= state.ofLeaves.size(); ahead = await next()) hold(state, ahead);
  }

  return {
    compare({ number, width, tile, computed }) {
      const at = tile.findIndex((hash, index) => computed[index]?.equals(hash) !== true);
      const paths = { entries: LOG_PREFIX + tilePath('entries', number, width), tile: LOG_PREFIX + tilePath(0, number, width) };
      if (at >= 0) state.differences.push({ leaf: number * TILE_WIDTH + at, ...paths });
    },
    isDue: () => ahead === 'unread' || (ahead !== undefined && ahead.size <= state.ofLeaves.size()),
    checkpoints,
    append(fromLeaf, fromTile) {
      if (fromLeaf !== undefined) state.ofLeaves.append(fromLeaf);
      if (fromTile !== undefined) state.ofTiles.append(fromTile);
    },
    async end() {
      await checkpoints();
      const { ofLeaves, differences, unmatched } = state;
      for (const { leaf, tile } of differences)
        source.onProblem(problem('bad_tile', tile, `its hash of leaf ${leaf} is not that of the leaf`));
      for (const kind of ['log', 'witness', 'kept'] as const) {
        const [first, ...more] = unmatched.filter((one) => one.kind === kind);
        const also = more.length === 0 ? '' : `, and another than ${more.length} later ones`;
        if (first !== undefined) source.onProblem(offTree(first, `the entries have another root${also}`, 'bad_root'));
      }
      if (ahead === 'unread') return resultOf(state);
      for (; ahead !== undefined; ahead = await next()) source.onProblem(beyond(ahead, ofLeaves.size()));
      return resultOf(state);
    },
    broken: () => resultOf(state),
  };
}

/** Holds a checkpoint against the tree of its size. */
function hold(state: State, read: ReadCheckpoint): void {
  const { checkpoint, kind, size } = read;
  const { ofLeaves, ofTiles, source } = state;
  const byLeaves = checkpoint?.root.equals(ofLeaves.root()) === true;
  const byTiles = checkpoint?.root.equals(ofTiles.root()) === true;
  if (checkpoint === undefined || !(byLeaves || byTiles)) {
    state.unmatched.push(read);
    return;
  }
  state.good[kind]++;
  if (kind === 'witness') state.lastCosigned = size;
  if (source.trust.quorum?.(checkpoint.signed) === true) state.witnessed = size;
  // This root is right, so the tree is: what did not fit it before was signed over another.
  for (const wrong of state.unmatched) source.onProblem(offTree(wrong, `the log contains the later ${read.at} and not it`));
  state.unmatched = [];
  if (byLeaves === byTiles) return;
  for (const { leaf, entries, tile } of state.differences)
    source.onProblem(
      byLeaves
        ? problem('bad_tile', tile, `its hash of leaf ${leaf} is not that of the leaf`)
        : problem('bad_entries', entries, `leaf ${leaf} is not the one that was logged: its hash is not that in ${tile}`),
    );
  state.differences = [];
}

function resultOf({ good, ofLeaves, witnessed, lastCosigned }: State): LogResult {
  return { checkpoints: good.log, cosigned: good.witness, size: ofLeaves.size(), root: ofLeaves.root(), witnessed, lastCosigned };
}

function offTree({ at, kind, size }: ReadCheckpoint, why: string, code: 'bad_root' | 'forged_checkpoint' = 'forged_checkpoint'): Problem {
  if (kind === 'kept')
    return problem('inconsistent_checkpoints', at, `the log does not begin with the ${size} leaves that it was kept of: ${why}`);
  return kind === 'witness'
    ? problem('witness_disagrees', at, `a witness signed another tree of ${size} leaves: ${why}`)
    : problem(code, at, `it is signed over another tree of ${size} leaves: ${why}`);
}

function beyond({ at, kind, size }: ReadCheckpoint, entries: number): Problem {
  return kind === 'witness'
    ? problem('witness_disagrees', at, `a witness signed a tree of ${size} leaves, and the log ends at ${entries}`)
    : problem('log_rewound', at, `a tree of ${size} leaves was signed, and the log ends at ${entries}`);
}
