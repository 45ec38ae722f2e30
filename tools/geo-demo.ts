// `node tools/geo-demo.ts` writes the database of made-up places anew: local/demo/places.mmdb. https://maxmind.github.io/MaxMind-DB/
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { demoPlaces } from '../local/demo/geo.ts';

const file = join(import.meta.dirname, '..', 'local', 'demo', 'places.mmdb');
writeFileSync(file, demoPlaces());
console.log(`written: ${file}`);
