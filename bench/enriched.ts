// What enrichment adds to an event: country, network and its owner of every public address. https://schema.ocsf.io/1.8.0/objects/network_endpoint
// The figures of the index count it in. The places are made up; how many there are and how long their names is not.
import type { OcsfEvent } from '../shared/model.ts';
import { NETWORK_ACTIVITY } from '../shared/ocsf/classes.ts';
import { isObject } from '../shared/outcome.ts';

const COUNTRIES = ['DE', 'FR', 'NL', 'US', 'GB', 'ES', 'IT', 'PL', 'IE', 'SE', 'BR', 'IN', 'SG', 'CH', 'AT', 'RO'] as const;
const CITIES = [
  'Frankfurt am Main',
  'Paris',
  'Amsterdam',
  'Ashburn',
  'London',
  'Madrid',
  'Milano',
  'Warszawa',
  'Dublin',
  'Stockholm',
] as const;
const NETWORKS = ['Example Telecom', 'Example Cable', 'Example Mobile', 'Example Cloud Hosting', 'Example University Network'] as const;
const PRIVATE = /^(?:10\.|127\.|169\.254\.|172\.(?:1[6-9]|2\d|3[01])\.|192\.168\.|f[cd])/;

/** @returns the event with what a database of addresses would say of its endpoints. Flows are many: they get country and network number, no names. */
export function enriched(event: OcsfEvent): OcsfEvent {
  const named = event.class_uid !== NETWORK_ACTIVITY.uid;
  return { ...event, src_endpoint: placed(event['src_endpoint'], named), dst_endpoint: placed(event['dst_endpoint'], named) };
}

function placed(endpoint: unknown, named: boolean): unknown {
  const ip = isObject(endpoint) ? endpoint['ip'] : undefined;
  if (!isObject(endpoint) || typeof ip !== 'string' || PRIVATE.test(ip)) return endpoint;
  const at = numberOf(ip);
  const country = COUNTRIES[at % COUNTRIES.length];
  if (!named) return { ...endpoint, location: { country }, autonomous_system: { number: 64_496 + (at % 400) } };
  return {
    ...endpoint,
    location: { country, city: CITIES[at % CITIES.length] },
    autonomous_system: { number: 64_496 + (at % 400), name: `${NETWORKS[at % NETWORKS.length] ?? ''} ${at % 80}` },
  };
}

/** Neighbours are of one network. */
function numberOf(ip: string): number {
  let sum = 0;
  for (let at = 0; at < ip.length; at++) sum = (sum * 31 + ip.charCodeAt(at)) >>> 0;
  return sum >>> 4;
}
