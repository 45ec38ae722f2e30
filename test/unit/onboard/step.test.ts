// Steps without AWS: what is looked at, what is done, what goes on after a failure.
import { MisconfiguredError } from '../../../shared/errors.ts';
import { applySteps, ElsewhereError, planSteps, rightsOf, type Step } from '../../../shared/onboard/step.ts';

interface World {
  readonly done: Set<string>;
  readonly acted: string[];
}

function newWorld(...done: readonly string[]): World {
  return { done: new Set(done), acted: [] };
}

/** A step of which the world says whether it is done. */
function step(world: World, id: string, { after = [], ...own }: Partial<Step> = {}): Step {
  return {
    ...{ id, title: id, account: '111111111111', region: 'eu-central-1', rights: [`service:${id}`], after },
    look: () => Promise.resolve({ done: world.done.has(id), found: world.done.has(id) ? 'there' : 'nothing', todo: `make ${id}` }),
    act() {
      world.acted.push(id);
      world.done.add(id);
      return Promise.resolve();
    },
    ...own,
  };
}

const states = (results: readonly { readonly id: string; readonly state: string }[]) =>
  Object.fromEntries(results.map(({ id, state }) => [id, state]));

it('a plan changes nothing, and says what would be done', async () => {
  const world = newWorld('a');
  const results = await planSteps([step(world, 'a'), step(world, 'b')]);
  expect(results).toMatchObject([
    { id: 'a', state: 'done', found: 'there' },
    { id: 'b', state: 'to do', found: 'nothing', todo: 'make b' },
  ]);
  expect(results[0]).not.toHaveProperty('todo');
  expect(world.acted).toEqual([]);
});

it('what cannot be looked at before another step is to do; what cannot be looked at at all has failed', async () => {
  const world = newWorld();
  const refused = () => Promise.reject(new Error('access denied'));
  const results = await planSteps([
    step(world, 'a'),
    step(world, 'b', { after: ['a'], look: refused }),
    step(world, 'c', { look: refused }),
  ]);
  expect(results).toMatchObject([
    { state: 'to do' },
    { state: 'to do', found: 'cannot be seen before a' },
    { state: 'failed', error: 'access denied' },
  ]);
});

it('applies what is not done, once: the second run changes nothing', async () => {
  const world = newWorld('a');
  const steps = [step(world, 'a'), step(world, 'b', { after: ['a'] })];
  expect(states(await applySteps(steps))).toEqual({ a: 'done', b: 'changed' });
  expect(states(await applySteps(steps))).toEqual({ a: 'done', b: 'done' });
  expect(world.acted).toEqual(['b']);
});

it('a failure stops what comes after it, and nothing else; run again, the rest is done', async () => {
  const world = newWorld();
  let broken = true;
  const act = () => {
    if (broken) return Promise.reject(new MisconfiguredError('the role may not'));
    world.done.add('b');
    return Promise.resolve();
  };
  const steps = [
    step(world, 'a'),
    step(world, 'b', { act }),
    step(world, 'c', { after: ['b'] }),
    step(world, 'd', { after: ['c'] }),
    step(world, 'e', { after: ['a'] }),
  ];
  const told: string[] = [];
  const first = await applySteps(steps, ({ id }) => told.push(id));
  expect(states(first)).toEqual({ a: 'changed', b: 'failed', c: 'stopped', d: 'stopped', e: 'changed' });
  expect(first[1]?.error).toBe('the role may not');
  expect(first[3]?.error).toBe('waits for c');
  expect(told).toEqual(['a', 'b', 'c', 'd', 'e']);
  broken = false;
  expect(states(await applySteps(steps))).toEqual({ a: 'done', b: 'changed', c: 'changed', d: 'changed', e: 'done' });
});

it('what AWS took and does not show has failed', async () => {
  const world = newWorld();
  const [result] = await applySteps([step(world, 'a', { act: () => Promise.resolve() })]);
  expect(result).toMatchObject({ state: 'failed', found: 'nothing' });
});

it('what others can do does not stop what is done here', async () => {
  const world = newWorld();
  const look = () => Promise.reject(new ElsewhereError('credentials are of another account'));
  const steps = [step(world, 'a', { look }), step(world, 'b', { after: ['a'] })];
  expect(states(await applySteps(steps))).toEqual({ a: 'elsewhere', b: 'changed' });
});

it('rights are told by account, each once', () => {
  const rights = rightsOf([
    { account: '1', rights: ['b', 'a'] },
    { account: '2', rights: ['c'] },
    { account: '1', rights: ['a'] },
  ]);
  expect([...rights]).toEqual([
    ['1', ['a', 'b']],
    ['2', ['c']],
  ]);
});
