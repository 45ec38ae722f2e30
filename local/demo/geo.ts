// Places of the documentation networks, all made up: what tests and the demo know of the Internet. https://www.rfc-editor.org/rfc/rfc5737
// local/demo/places.mmdb is made from it by `node tools/geo-demo.ts`.
import { writeGeoDatabase, type GeoValue } from '../geo-database.ts';

function place(country: string, city: string, [number, name]: readonly [number, string]): GeoValue {
  return {
    country: { iso_code: country, names: { en: country } },
    city: { names: { en: city } },
    autonomous_system_number: number,
    autonomous_system_organization: name,
  };
}

/** A network within another comes after it. Numbers for documentation: https://www.rfc-editor.org/rfc/rfc5398 */
export const DEMO_PLACES: readonly (readonly [string, GeoValue])[] = [
  ['192.0.2.0/24', place('DE', 'Frankfurt am Main', [64_496, 'Example Telecom'])],
  ['192.0.2.128/25', place('FR', 'Paris', [64_497, 'Example Cable'])],
  ['198.51.100.0/24', place('BR', 'Recife', [64_498, 'Example Mobile'])],
  ['198.51.100.64/26', place('NZ', 'Wellington', [64_499, 'Example Hosting'])],
  ['203.0.113.0/24', place('US', 'Ashburn', [64_500, 'Example Cloud'])],
  ['2001:db8::/32', place('NL', 'Amsterdam', [64_501, 'Example Backbone'])],
];

/** @returns the file, byte for byte the same each time. */
export function demoPlaces(): Buffer {
  return writeGeoDatabase(DEMO_PLACES, { type: 'Strongroom-Demo-City-ASN', built: Date.UTC(2026, 0, 1) / 1000 });
}
