import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Writable } from 'node:stream';
import { deployCommand, type DeployArguments } from '../../../cli/commands/deploy.ts';
import { releases } from '../../../cli/deploy/release.ts';
import { old, ringing, startWorld, type World } from './fakes.ts';

const ROOT = resolve('.');
const DEMO = readFileSync('banks/demo.yml', 'utf8').replace(/^objects:\n(?:[ #].*\n)+/m, '');
const NORTH = 'north eu-central-1: security stack in 111111111111';
const SOUTH = 'south eu-central-1: security stack in 111111111111';

let directory: string;
let world: World;
let printed: string;

/** A project with two banks, of which only what the command reads by itself is there. */
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'strongroom-waves-'));
  mkdirSync(join(directory, 'banks'));
  for (const name of ['schemas', 'serverless.yml']) symlinkSync(join(ROOT, name), join(directory, name));
  cpSync(join(ROOT, 'banks', 'policies'), join(directory, 'banks', 'policies'), { recursive: true });
  describeBank('north', 'stage: prod');
  describeBank('south', 'stage: prod, wave: 2');
  jest.spyOn(process, 'cwd').mockReturnValue(directory);
  process.chdir(directory);
  world = startWorld();
  printed = '';
});
afterEach(() => {
  jest.restoreAllMocks();
  process.chdir(ROOT);
  rmSync(directory, { recursive: true, force: true });
});

function describeBank(name: string, deployment: string): void {
  writeFileSync(join(directory, 'banks', `${name}.yml`), `${DEMO.replace('bank: demo', `bank: ${name}`)}\ndeployment: { ${deployment} }\n`);
}

async function deploy(options: Partial<DeployArguments>): Promise<number> {
  const out = new Writable({
    write(chunk: Buffer, _encoding, done) {
      printed += chunk.toString();
      done();
    },
  });
  const deps = (say: (line: string) => void): World => {
    world.say = say;
    return world;
  };
  return await deployCommand({ watchMinutes: '10', ...options }, { deps, out });
}

it('deploys a stage, says each place, and then that nothing is left to do', async () => {
  expect(await deploy({ all: true, stage: 'prod' })).toBe(0);
  expect(printed).toContain(`${NORTH}: deployed (60 s)\n`);
  expect(printed).toMatch(/\ndeployed: north, south\n$/);
  expect(await deploy({ all: true, stage: 'prod' })).toBe(0);
  expect(printed).toContain(`${SOUTH}: is up to date\n`);
});

it('says what is deployed and what is not, and how to go on, where it stops', async () => {
  world.onSleep = () => void world.alarms.set('north', [ringing('strongroom-north-parked')]);
  expect(await deploy({ all: true, stage: 'prod' })).toBe(1);
  expect(printed).toContain('stopped in wave 1: north: alarm strongroom-north-parked rings in 111111111111 eu-central-1\n');
  expect(printed).toContain('on the new release: north\nnot, or not whole: south\n');
  expect(printed).toContain('run the same command again');
});

it('as JSON is the result alone', async () => {
  jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  expect(await deploy({ bank: ['south'], json: true })).toBe(0);
  expect(JSON.parse(printed)).toEqual({
    outcomes: [{ stack: 'security', account: '111111111111', region: 'eu-central-1', bank: 'south', wave: 2, outcome: 'deployed' }],
  });
});

it('a plan changes nothing', async () => {
  const known = await releases(directory, ['north', 'south']);
  const [release = '', wanted = ''] = [known.get('north'), known.get('south')];
  world.stacks.set(NORTH, old(release));
  expect(await deploy({ all: true, stage: 'prod', plan: true })).toBe(0);
  expect(printed).toBe(`wave 1: ${NORTH}: is up to date\nwave 2: ${SOUTH}: new, to ${wanted.slice(0, 12)}\n`);
  world.stacks.set(SOUTH, old('none'));
  world.alarms.set('south', [ringing('strongroom-south-parked')]);
  expect(await deploy({ all: true, stage: 'prod', plan: true })).toBe(1);
  expect(printed).toContain(
    `${SOUTH}: deployed by itself (UPDATE_COMPLETE) to ${wanted.slice(0, 12)}\nalarm strongroom-south-parked rings in`,
  );
  expect(world.deployed).toEqual([]);
});

it('a release is another one where the project or the bank’s own files are others', async () => {
  const release = async (): Promise<string | undefined> => (await releases(directory, ['north'])).get('north');
  const first = await release();
  expect(first).toMatch(/^[0-9a-f]{32}$/);
  expect(await release()).toBe(first);
  describeBank('south', 'stage: test');
  expect(await release()).toBe(first);
  describeBank('north', 'stage: test');
  const second = await release();
  mkdirSync(join(directory, 'banks', 'north', 'rules'), { recursive: true });
  writeFileSync(join(directory, 'banks', 'north', 'rules', 'own.yml'), 'title: x');
  const third = await release();
  mkdirSync(join(directory, 'functions'));
  writeFileSync(join(directory, 'functions', 'new.ts'), '');
  expect(new Set([first, second, third, await release()]).size).toBe(4);
});

describe('deploys nothing', () => {
  it('where any bank’s file is wrong, also of another stage', async () => {
    describeBank('south', 'stage: prod, wave: none');
    await expect(deploy({ bank: ['north'] })).rejects.toThrow(/nothing is deployed: these files are wrong\nbanks\/south\.yml/);
    expect(world.deployed).toEqual([]);
  });

  it.each<[string, Partial<DeployArguments>, string]>([
    ['without a choice', {}, 'takes either --all with --stage, or --bank'],
    ['with two', { all: true, stage: 'prod', bank: ['north'] }, 'takes either --all with --stage, or --bank'],
    ['for all without a stage', { all: true }, '--all needs --stage'],
    [
      'for a stack that there is none',
      { bank: ['north'], stack: ['witness'] },
      '--stack must be security, organization, workload (found "witness")',
    ],
    ['for a wave that is none', { all: true, stage: 'prod', wave: 'two' }, '--wave must be a number from 1 to 99 (found "two")'],
    ['with a time that is none', { bank: ['north'], watchMinutes: '-1' }, '--watch-minutes must be a number from 0 to 1440 (found "-1")'],
    ['for an organization that there is none', { bank: ['north'], stack: ['organization'] }, 'bank north has no organization stack'],
  ])('%s', async (_, options, message) => {
    await expect(deploy(options)).rejects.toThrow(message);
    expect(world.deployed).toEqual([]);
  });
});
