// `strongroom check FILE…`: are these banks' files right?
import { loadBank } from '../bank.ts';
import { formatErrors } from '../yaml-file.ts';

/**
 * Checks each file and prints one line for a right one, one line per error for a wrong one.
 * @returns the exit code: 0 when all files are right, 1 otherwise.
 */
export function checkCommand(files: readonly string[]): Promise<number> {
  let code = 0;
  for (const file of files) {
    const problem = problemOf(file);
    if (problem === undefined) {
      console.log(`${file}: ok`);
    } else {
      console.error(problem);
      code = 1;
    }
  }
  return Promise.resolve(code);
}

function problemOf(file: string): string | undefined {
  try {
    const { errors } = loadBank(file);
    return errors === undefined ? undefined : formatErrors(file, errors);
  } catch (error) {
    return `${file}: cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
}
