// docs/RUNBOOK.md says what there is: entries of one shape, commands that exist. That each alarm has its entry is seen with the templates
// (test/template/invariants.test.ts).
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { commands, entries } from '../../runbook.ts';

const run = promisify(execFile);

it('says of every alarm what it means, what is at risk, where to look, how to mend it, and when it is over', () => {
  const wrong = entries().filter(
    ({ alarms, text }) =>
      alarms.length === 0 ||
      text
        .match(/^- \*\*(Means|At risk|Look|Mend|Over)\*\* /gm)
        ?.map((label) => label.slice(4, -3))
        .join() !== 'Means,At risk,Look,Mend,Over',
  );

  expect(entries().length).toBeGreaterThan(20);
  expect(wrong.map(({ alarms }) => alarms)).toEqual([]);
});

it('links to headings that are there', () => {
  const markdown = readFileSync('docs/RUNBOOK.md', 'utf8');
  const anchors = [...markdown.matchAll(/^#{2,3} (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^a-z0-9 -]/g, '')
      .replaceAll(' ', '-'),
  );
  const links = [...markdown.matchAll(/\]\(#([^)]+)\)/g)].map(([, link = '']) => link);

  expect(links.length).toBeGreaterThan(5);
  expect(links.filter((link) => !anchors.includes(link))).toEqual([]);
});

describe('commands', () => {
  /** Help of a command, by its words. */
  const helps = new Map<string, Promise<string>>();

  function help(words: readonly string[]): Promise<string> {
    const key = words.join(' ');
    const asked = helps.get(key) ?? run(process.execPath, ['cli/bin.mjs', ...words, '--help']).then(({ stdout }) => stdout);
    helps.set(key, asked);
    return asked;
  }

  /** @returns what is wrong with a line; undefined where nothing is. */
  async function fault(line: string): Promise<string | undefined> {
    const tokens = line.match(/'[^']*'|\S+/g)?.slice(2) ?? [];
    const given = tokens[0] === '--region' ? tokens.slice(2) : tokens;
    const words = given.slice(0, given.findIndex((token) => !/^[a-z]+$/.test(token)) >>> 0);
    const known = await Promise.all([words.slice(0, 2), words.slice(0, 1)].map(help));
    const found = known.find(
      (text, index) => words.length >= 2 - index && text.startsWith(`Usage: strongroom ${words.slice(0, 2 - index).join(' ')} [`),
    );
    if (found === undefined || /^Usage: .*\[command\]/.test(found)) return `${line}: no such command`;
    const unknown = given.filter((token) => /^--[a-z-]+$/.test(token) && !new RegExp(`^ +(-\\w, )?${token}[ ,]`, 'm').test(found));
    return unknown.length === 0 ? undefined : `${line}: no ${unknown.join(', ')}`;
  }

  it('are those that the program has, with the options that they have', async () => {
    expect(commands().length).toBeGreaterThan(20);
    expect((await Promise.all(commands().map(fault))).filter((found) => found !== undefined)).toEqual([]);
  }, 60_000);

  it('that the program does not have are found', async () => {
    expect(await fault('npx strongroom parked burn --bank demo')).toContain('no such command');
    expect(await fault('npx strongroom parked list --harder')).toContain('no --harder');
  }, 60_000);
});
