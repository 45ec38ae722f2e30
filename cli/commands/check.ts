// `strongroom check FILE…`: are these banks' files right?
import type { BankConfig } from '../../shared/config.ts';
import { declaredSource } from '../../shared/declared/source.ts';
import type { Source } from '../../shared/sources/api.ts';
import { loadBank } from '../bank.ts';
import { blinded } from '../bank-detections.ts';
import { leaving } from '../bank-provider.ts';
import { loadSource } from '../declared/compile.ts';
import { unreadable } from '../input-files.ts';
import { formatErrors, type FileError } from '../yaml-file.ts';

/**
 * Checks each file and prints one line for a right one, one line per error for a wrong one; what is right and may surprise is noted on
 * standard error.
 * @returns the exit code: 0 when all files are right, 1 otherwise.
 */
export function checkCommand(files: readonly string[]): Promise<number> {
  const checked = files.map((file) => ({ file, bank: checkedBank(file) }));
  for (const { file, bank } of checked) {
    if (bank === null) continue;
    console.log(`${file}: ok`);
    for (const note of [...blinded(bank), ...leaving(bank)]) console.error(`${file}: note: ${note}`);
  }
  return Promise.resolve(checked.every(({ bank }) => bank !== null) ? 0 : 1);
}

/** @returns the bank; null where the file is wrong, which is then said on standard error. */
export function checkedBank(file: string): BankConfig | null {
  return checked(file, () => {
    const { bank, errors } = loadBank(file);
    return bank ?? errors;
  });
}

/** @returns the declared source; null where the file is wrong, which is then said on standard error. */
export function checkedSource(file: string): Source | null {
  return checked(file, () => {
    const { plan, errors } = loadSource(file);
    return plan === undefined ? errors : declaredSource(plan);
  });
}

function checked<T extends object>(file: string, load: () => T | readonly FileError[]): T | null {
  try {
    const loaded = load();
    if (!isErrors(loaded)) return loaded;
    console.error(formatErrors(file, loaded));
  } catch (error) {
    console.error(unreadable(file) ?? `${file}: cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  return null;
}

function isErrors(loaded: object): loaded is readonly FileError[] {
  return Array.isArray(loaded);
}
