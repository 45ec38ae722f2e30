// `npx strongroom drill tamper`: deploys Strongroom to the local platform, tampers with its evidence in every way that is known, and has each found.
// `npx strongroom drill region`: two regions, of which one takes over the other's intake and gives it back.
// `npx strongroom drill upgrade`: changes the mapping there while logs are delivered and searched.
import { drillRegionOn, REGION_BANK, STANDBY } from './drill/region.ts';
import { drill } from './drill/run.ts';
import { drillUpgradeOn } from './drill/upgrade.ts';
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

/** @returns the exit code: 0 only where nothing was lost, found twice or out of sight, no search failed, and the mapping did change. */
export async function drillUpgrade(print: Print): Promise<number> {
  const started = Date.now();
  const deployment = await startDeployment((line) => print(`  ${line}`));
  try {
    const { lost, duplicated, failedSearches, faults } = await drillUpgradeOn(deployment, print);
    for (const fault of faults) print(`  ${fault}`);
    print(`  (${((Date.now() - started) / 1000).toFixed(0)} s in all)`);
    print(`drill upgrade: lost ${lost}, duplicated ${duplicated}, failed searches ${failedSearches}`);
    return lost + duplicated + failedSearches + faults.length === 0 ? 0 : 1;
  } finally {
    await deployment.stop();
  }
}

/** @returns the exit code: 0 only where nothing was lost or found twice, and both regions had their part in it. */
export async function drillRegion(print: Print): Promise<number> {
  const started = Date.now();
  const deployment = await startDeployment((line) => print(`  ${line}`), { file: REGION_BANK, regions: [STANDBY] });
  try {
    const { lost, duplicated, faults } = await drillRegionOn(deployment, print);
    for (const fault of faults) print(`  ${fault}`);
    print(`  (${((Date.now() - started) / 1000).toFixed(0)} s in all)`);
    print(`drill region: lost ${lost}, duplicated ${duplicated}, faults ${faults.length}`);
    return lost + duplicated + faults.length === 0 ? 0 : 1;
  } finally {
    await deployment.stop();
  }
}
