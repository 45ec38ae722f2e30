import { runWaves, type Report, type RunOptions } from '../../../cli/deploy/run.ts';
import { wavesOf } from '../../../cli/deploy/waves.ts';
import { bankOf } from './banks.ts';
import { old, ringing, startWorld, type World } from './fakes.ts';

const NAMES = ['ada', 'bea', 'cleo', 'dora', 'eva', 'flo'];
/** Wave 1: ada, bea; wave 2: cleo, dora, eva, flo. */
const BANKS = NAMES.map((name, at) => bankOf(name, { deployment: { stage: 'prod', wave: at < 2 ? 1 : 2 } }));
const OPTIONS: RunOptions = { releases: new Map(NAMES.map((name) => [name, `new-${name}`])), watchMs: 600_000, despite: [] };
const MINUTE = 60_000;

let world: World;

beforeEach(() => {
  world = startWorld();
  for (const name of NAMES) world.stacks.set(place(name), old(`old-${name}`));
});

function place(bank: string): string {
  return `${bank} eu-central-1: security stack in 111111111111`;
}

async function run(options: Partial<RunOptions> = {}): Promise<Report> {
  return await runWaves(wavesOf(BANKS, { stage: 'prod', stacks: ['security'] }), { ...OPTIONS, ...options }, world);
}

function outcomes(report: Report): Readonly<Record<string, string>> {
  return Object.fromEntries(report.outcomes.map(({ bank, outcome }) => [bank, outcome]));
}

it('deploys one wave after the other, some banks at once, and watches after each', async () => {
  const report = await run();
  expect(report.stopped).toBeUndefined();
  expect(new Set(Object.values(outcomes(report)))).toEqual(new Set(['deployed']));
  expect(world.deployed.slice(0, 2).sort()).toEqual(['ada', 'bea'].map(place));
  expect(world.most).toBe(3);
  expect(world.said.filter((line) => line.startsWith('wave'))).toEqual([
    'wave 1: ada, bea',
    'wave 1: watching its alarms until 10:12:00 UTC',
    'wave 1: no alarm',
    'wave 2: cleo, dora, eva, flo',
    'wave 2: watching its alarms until 10:26:00 UTC',
    'wave 2: no alarm',
  ]);
  expect(world.said).toContain(`${place('cleo')}: deployed (60 s)`);
});

it('what is up to date is passed over, and finished', async () => {
  await run();
  world.deployed.length = 0;
  world.time += 60 * MINUTE;
  const [before, report] = [world.time, await run()];
  expect(new Set(Object.values(outcomes(report)))).toEqual(new Set(['up to date']));
  expect(world.deployed).toEqual([]);
  expect([...world.finished].sort()).toEqual(NAMES.map(place));
  expect(world.said).toContain(`${place('ada')}: is up to date`);
  // Nothing has changed that was to be watched.
  expect(world.time).toBe(before);
});

it('stops at the first alarm after a wave, and goes on from there once it is over', async () => {
  world.onSleep = () => {
    if (world.deployed.length === 2 && world.time > Date.UTC(2026, 10, 22, 10, 7))
      world.alarms.set('bea', [ringing('strongroom-bea-index-errors')]);
  };
  const stopped = await run();
  expect(stopped.stopped).toEqual({ wave: 1, reason: 'bea: alarm strongroom-bea-index-errors rings in 111111111111 eu-central-1' });
  expect(outcomes(stopped)).toEqual({
    ada: 'deployed',
    bea: 'deployed',
    cleo: 'not begun',
    dora: 'not begun',
    eva: 'not begun',
    flo: 'not begun',
  });

  const again = await run();
  expect(again.stopped?.reason).toContain('nothing of wave 1 was deployed');
  expect(world.deployed).toHaveLength(2);

  world.onSleep = () => undefined;
  world.alarms.clear();
  world.said.length = 0;
  const [before, resumed] = [world.time, await run()];
  expect(outcomes(resumed)).toMatchObject({ ada: 'up to date', bea: 'up to date', flo: 'deployed' });
  // What is left of the ten minutes since wave 1 was deployed, not ten more.
  expect(before).toBeLessThan(Date.UTC(2026, 10, 22, 10, 12));
  expect(world.said).toContain('wave 1: watching its alarms until 10:12:00 UTC');
});

it('begins no wave while an alarm of one of its banks rings, unless it may', async () => {
  world.alarms.set('dora', [ringing('strongroom-dora-parked')]);
  const report = await run();
  expect(report.stopped).toEqual({
    wave: 2,
    reason: 'dora: alarm strongroom-dora-parked rings in 111111111111 eu-central-1; nothing of wave 2 was deployed',
  });
  expect(world.deployed).toHaveLength(2);
  expect((await run({ despite: ['strongroom-dora-parked'] })).stopped).toBeUndefined();
});

it('a deployment that fails begins no other bank, lets those under way end, and is done again', async () => {
  world.failing.set(place('cleo'), 'no rights');
  const report = await run();
  expect(report.stopped).toEqual({ wave: 2, reason: `${place('cleo')}: no rights` });
  expect(outcomes(report)).toMatchObject({ cleo: 'failed', dora: 'deployed', eva: 'deployed', flo: 'not begun' });
  expect(report.outcomes.find(({ bank }) => bank === 'cleo')?.reason).toBe('no rights');
  world.failing.clear();
  expect(outcomes(await run())).toMatchObject({ ada: 'up to date', cleo: 'deployed', dora: 'up to date', flo: 'deployed' });
});

it('a stack of this release that was rolled back, or is of another, is deployed', async () => {
  world.stacks.set(place('ada'), { ...old('new-ada'), status: 'UPDATE_ROLLBACK_COMPLETE' });
  world.stacks.set(place('bea'), { ...old('none'), status: 'CREATE_COMPLETE' });
  expect(outcomes(await run())).toMatchObject({ ada: 'deployed', bea: 'deployed' });
});

it('alarms that ring for what is not there say nothing of a bank that is new, for a day', async () => {
  world.stacks.delete(place('ada'));
  world.onSleep = () => void world.alarms.set('ada', [ringing('strongroom-ada-watch-stopped', true)]);
  expect((await run()).stopped).toBeUndefined();
  world.time += 25 * 60 * MINUTE;
  expect((await run()).stopped?.reason).toContain('strongroom-ada-watch-stopped');
  world.alarms.set('ada', [ringing('strongroom-ada-index-errors')]);
  world.stacks.delete(place('ada'));
  expect((await run()).stopped?.reason).toContain('strongroom-ada-index-errors');
});

it('stops where accounts cannot be looked at, before anything of the wave is deployed', async () => {
  const [look, alarms] = [world.look.bind(world), world.ringing.bind(world)];
  world.look = (bank, target) => (bank.bank === 'bea' ? Promise.reject(new Error('stack is being changed')) : look(bank, target));
  expect((await run()).stopped).toEqual({ wave: 1, reason: `${place('bea')}: stack is being changed` });
  world.look = look;
  world.ringing = () => Promise.reject(new Error('AccessDenied'));
  expect((await run()).stopped?.reason).toContain('ada: its alarms could not be looked at: AccessDenied');
  world.ringing = alarms;
  expect(world.deployed).toEqual([]);
});

it('stacks of a bank go one after the other, and what follows one that fails is not begun', async () => {
  const bank = bankOf('ada', { regions: [{ region: 'eu-west-1', opensearch: {} }] });
  world.failing.set(place('ada'), 'no');
  const waves = wavesOf([bank], { names: ['ada'], stacks: ['security'] });
  const report = await runWaves(waves, OPTIONS, world);
  expect(report.outcomes.map(({ region, outcome }) => `${region} ${outcome}`)).toEqual(['eu-central-1 failed', 'eu-west-1 not begun']);
});
