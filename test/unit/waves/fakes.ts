// Accounts of banks as a deployment finds them, kept in memory.
import type { BankConfig } from '../../../shared/config.ts';
import type { DeployDeps, Found, Ringing } from '../../../cli/deploy/run.ts';
import { placeText, type Target } from '../../../cli/deploy/waves.ts';

const BEGIN = Date.UTC(2026, 10, 22, 10, 0, 0);
const LONG_AGO = Date.UTC(2026, 0, 1);
const DEPLOYING_MS = 60_000;

export interface World extends DeployDeps {
  readonly stacks: Map<string, Found>;
  /** By bank. */
  readonly alarms: Map<string, Ringing[]>;
  readonly said: string[];
  /** Places in the order in which they were deployed or finished. */
  readonly deployed: string[];
  readonly finished: string[];
  /** Why deploying there fails. */
  readonly failing: Map<string, string>;
  /** Called when time passes. */
  onSleep: () => void;
  /** Most that were deployed at the same time. */
  most: number;
  time: number;
}

export function startWorld(): World {
  let underWay = 0;
  const world: World = {
    ...{ stacks: new Map(), alarms: new Map(), failing: new Map(), said: [], deployed: [], finished: [] },
    ...{ onSleep: () => undefined, most: 0, time: BEGIN },
    look: (bank, target) => Promise.resolve(world.stacks.get(placeText(bank.bank, target))),
    async deploy(bank: BankConfig, target: Target, release: string) {
      const place = placeText(bank.bank, target);
      underWay += 1;
      world.most = Math.max(world.most, underWay);
      await new Promise((done) => setImmediate(done));
      underWay -= 1;
      world.deployed.push(place);
      const reason = world.failing.get(place);
      if (reason !== undefined) throw new Error(reason);
      world.time += DEPLOYING_MS;
      const createdAt = world.stacks.get(place)?.createdAt ?? world.time;
      world.stacks.set(place, { release, status: 'UPDATE_COMPLETE', createdAt, changedAt: world.time });
    },
    finish(bank, target) {
      world.finished.push(placeText(bank.bank, target));
      return Promise.resolve();
    },
    ringing: ({ bank }) => Promise.resolve(world.alarms.get(bank) ?? []),
    now: () => world.time,
    sleep(ms) {
      world.time += ms;
      world.onSleep();
      return Promise.resolve();
    },
    say: (line) => void world.said.push(line),
  };
  return world;
}

/** A stack of long ago. */
export function old(release: string): Found {
  return { release, status: 'UPDATE_COMPLETE', createdAt: LONG_AGO, changedAt: LONG_AGO };
}

export function ringing(name: string, isSilence = false): Ringing {
  return { name, place: '111111111111 eu-central-1', isSilence };
}
