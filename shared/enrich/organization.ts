// What the bank's file says of accounts and networks, on events: the account's name, and whose service an address is. Flows have neither: they are most
// of what is kept, and both follow from the account's id and the address. https://schema.ocsf.io/1.8.0/objects/account
import type { BankConfig } from '../config.ts';
import type { OcsfEvent } from '../model.ts';
import { NETWORK_ACTIVITY } from '../ocsf/classes.ts';
import { isObject } from '../outcome.ts';
import type { Enricher } from './enrich.ts';
import { networkTable } from './networks.ts';

export function organizationEnricher({ accounts, enrichment }: Pick<BankConfig, 'accounts' | 'enrichment'>): Enricher {
  const names = new Map(accounts.map(({ id, name }) => [id, name]));
  const serviceOf = networkTable((enrichment?.services ?? []).flatMap(({ name, networks }) => networks.map((one) => [one, name] as const)));
  return {
    name: 'organization',
    // It came with the code.
    load: () => Promise.resolve(),
    enrich(event) {
      if (event.class_uid === NETWORK_ACTIVITY.uid) return event;
      return served(named(event, names), serviceOf);
    },
  };
}

function named(event: OcsfEvent, names: ReadonlyMap<string, string>): OcsfEvent {
  const { cloud } = event;
  const account = isObject(cloud) ? cloud['account'] : undefined;
  if (!isObject(cloud) || !isObject(account) || account['name'] !== undefined) return event;
  const { uid } = account;
  const name = typeof uid === 'string' ? names.get(uid) : undefined;
  return name === undefined ? event : { ...event, cloud: { ...cloud, account: { ...account, name } } };
}

type ServiceOf = (address: string) => string | undefined;

function served(event: OcsfEvent, serviceOf: ServiceOf): OcsfEvent {
  const { src_endpoint: source, dst_endpoint: target } = event;
  const from = servedEnd(source, serviceOf);
  const to = servedEnd(target, serviceOf);
  if (from === source) return to === target ? event : { ...event, dst_endpoint: to };
  return to === target ? { ...event, src_endpoint: from } : { ...event, src_endpoint: from, dst_endpoint: to };
}

/** @returns the end with the name of the service whose address it has, where it names none itself. */
export function servedEnd(end: unknown, serviceOf: ServiceOf): unknown {
  if (!isObject(end)) return end;
  const { ip } = end;
  if (typeof ip !== 'string' || end['svc_name'] !== undefined) return end;
  const svc_name = serviceOf(ip);
  return svc_name === undefined ? end : { ...end, svc_name };
}
