import { majorVersion } from '../../../local/java.ts';

test.each([
  ['openjdk version "25.0.1" 2025-10-21 LTS', 25],
  ['openjdk version "21" 2023-09-19', 21],
  ['openjdk version "17.0.17" 2025-10-21', 17],
  ['java version "1.8.0_402"', 1],
  ['no Java here', 0],
])('%s is version %i', (text, version) => {
  expect(majorVersion(text)).toBe(version);
});
