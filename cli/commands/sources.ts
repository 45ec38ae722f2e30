// `strongroom sources`: what can be read, and how it comes.
import { OCSF_CLASSES } from '../../shared/ocsf/classes.ts';
import type { Source } from '../../shared/sources/api.ts';
import { sourcesOf } from '../../shared/sources/routes.ts';
import { checkedBank } from './check.ts';

const USAGE = 2;

/** @returns the exit code: 0, or 2 where the bank's file is wrong. */
export function sourcesCommand(options: { readonly json?: boolean; readonly bank?: string }): number {
  const bank = options.bank === undefined ? undefined : checkedBank(options.bank);
  if (bank === null) return USAGE;
  const sources = sourcesOf(bank ?? {});
  if (options.json === true) console.log(JSON.stringify(sources.map(described)));
  else {
    const width = Math.max(...sources.map(({ name }) => name.length));
    for (const source of sources) console.log(`${source.name.padEnd(width)}  ${source.title} (${classNames(source).join(', ')})`);
    console.log(`${sources.length} sources`);
  }
  return 0;
}

function described(source: Source): object {
  const { name, title, documentation, delivered } = source;
  return { name, title, documentation, classes: classNames(source), delivered };
}

function classNames({ classes }: Source): readonly string[] {
  return classes.map((uid) => OCSF_CLASSES.find((cls) => cls.uid === uid)?.name ?? String(uid));
}
