// `node tools/frozen.ts --write`: freezes the stateful resources of the stacks as they are, for the release that brings new ones. Read the result as
// a diff before committing it: a line that changes or goes is data of a bank that would be replaced.
import { writeFileSync } from 'node:fs';
import { compiledStates, frozenFile } from '../test/template/frozen-stacks.ts';

if (process.argv[2] === '--write') {
  for (const [stack, { state }] of await compiledStates()) {
    writeFileSync(frozenFile(stack), `${JSON.stringify(state, undefined, 2)}\n`);
    console.log(`frozen: ${Object.keys(state).length} resources of ${stack}`);
  }
} else {
  console.error('frozen: say --write to take what is compiled now as what is released');
  process.exitCode = 1;
}
