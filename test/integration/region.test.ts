// A bank in two regions on the local platform, deployed side by side from one file: `npx strongroom drill region`, as a test.
import { drillRegionOn, REGION_BANK, STANDBY } from '../../local/drill/region.ts';
import { startDeployment, type Deployment } from '../../local/deployment.ts';

jest.setTimeout(300_000);

let deployment: Deployment;

beforeAll(async () => {
  deployment = await startDeployment(() => undefined, { file: REGION_BANK, regions: [STANDBY] });
});

afterAll(async () => {
  await deployment.stop();
});

test('while the first region’s intake is out the second one takes it over and gives it back: nothing is lost, nothing is found twice', async () => {
  const lines: string[] = [];
  const { lost, duplicated, faults } = await drillRegionOn(deployment, (line) => lines.push(line));
  // What happened, where it is not as it should be.
  const told = lost + duplicated + faults.length === 0 ? [] : lines;
  expect({ lost, duplicated, faults, told }).toEqual({ lost: 0, duplicated: 0, faults: [], told: [] });
  expect(lines.filter((line) => line.includes('failover: 4 changed, 0 left'))).toHaveLength(2);
});
