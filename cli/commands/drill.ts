// `strongroom drill`: the platform is put to the test, on this machine.
import type { Writable } from 'node:stream';
import { drillRegion, drillTamper, drillUpgrade } from '../../local/drill.ts';

/** @returns the exit code. @throws MisconfiguredError saying what the local platform lacks. */
export async function drillTamperCommand(out: Writable = process.stdout): Promise<number> {
  return await drillTamper((line) => out.write(`${line}\n`));
}

/** @returns the exit code. @throws MisconfiguredError saying what the local platform lacks. */
export async function drillUpgradeCommand(out: Writable = process.stdout): Promise<number> {
  return await drillUpgrade((line) => out.write(`${line}\n`));
}

/** @returns the exit code. @throws MisconfiguredError saying what the local platform lacks. */
export async function drillRegionCommand(out: Writable = process.stdout): Promise<number> {
  return await drillRegion((line) => out.write(`${line}\n`));
}
