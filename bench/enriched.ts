// What enrichment adds to an event, by the code that adds it: places of public addresses and, where it is no flow, the account's name.
// https://schema.ocsf.io/1.8.0/objects/network_endpoint. The figures of the index count it in. The places are made up; how many there are and how
// long their names is not.
import { located, locator } from '../shared/enrich/geo.ts';
import { organizationEnricher } from '../shared/enrich/organization.ts';
import type { Place } from '../shared/enrich/place.ts';
import type { OcsfEvent } from '../shared/model.ts';
import { ACCOUNTS } from './storage-data.ts';

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
const NAMES = ['payments-prod', 'trading-sandbox', 'customer-data-prod'] as const;

const locate = locator(madeUp);
const organization = organizationEnricher({ accounts: ACCOUNTS.map((id, at) => ({ id, name: NAMES[at] ?? id })), enrichment: {} });

/** @returns the event with what a database of addresses and the bank's file would say of it. Flows are many: they get country and network number. */
export function enriched(event: OcsfEvent): OcsfEvent {
  return organization.enrich(located(event, locate));
}

function madeUp(address: string): Place {
  const at = numberOf(address);
  return {
    country: COUNTRIES[at % COUNTRIES.length],
    city: CITIES[at % CITIES.length],
    number: 64_496 + (at % 400),
    name: `${NETWORKS[at % NETWORKS.length] ?? ''} ${at % 80}`,
  };
}

/** Neighbours are of one network. */
function numberOf(ip: string): number {
  let sum = 0;
  for (let at = 0; at < ip.length; at++) sum = (sum * 31 + ip.charCodeAt(at)) >>> 0;
  return sum >>> 4;
}
