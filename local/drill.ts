// `npx strongroom drill tamper`: deploys Strongroom to the local platform, tampers with its evidence in every way that is known, and has each found.
import { drill } from './drill/run.ts';
import { startDeployment } from './deployment.ts';

type Print = (line: string) => void;

/** @returns the exit code: 0 only where all was detected, and nothing was reported of what nobody had touched. */
export async function drillTamper(print: Print): Promise<number> {
  const started = Date.now();
  const seconds = (): string => `${((Date.now() - started) / 1000).toFixed(0)} s`;
  const deployment = await startDeployment((line) => print(`  ${line}`));
  try {
    print(`  deployed in ${seconds()}; filling the vault`);
    const { tried, detected, alarms } = await drill(deployment, print);
    for (const { code, at, detail } of alarms) print(`  false alarm: ${code} at ${at}: ${detail}`);
    print(`  (${seconds()} in all)`);
    print(`drill tamper: ${tried} tried, ${detected} detected`);
    return tried > 0 && detected === tried ? 0 : 1;
  } finally {
    await deployment.stop();
  }
}
