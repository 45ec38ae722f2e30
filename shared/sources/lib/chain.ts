// Records of chains to API Activity 6003: a transaction, block or log is what was done on the network; another answer of a node is that call.
// Addresses stay in `unmapped` under their own names and are observables.
import { digest } from '../../ids.ts';
import type { Json, JsonObject, OcsfEvent, RawRecord } from '../../model.ts';
import { SEVERITY, STATUS } from '../../ocsf/classes.ts';
import { inRange } from '../../ocsf/event.ts';
import { isObject, text } from '../../outcome.ts';
import type { Context } from '../api.ts';
import { apiActivity, metadataOf, type Actor, type Status } from './audit.ts';
import { deliveredAt } from './delivery.ts';
import { idOf } from './fields.ts';
import { isSecretive, networkOf, type Call } from './json-rpc.ts';
import { BLOCKCHAIN_ADDRESS, createObservables, type Observables } from './observables.ts';
import { LEFT_OUT } from './secrets.ts';

export interface Chain {
  readonly source: string;
  readonly name: string;
  /** Methods that change something. */
  readonly writes: ReadonlySet<string>;
}

/** One record of a chain, ready to be an event. */
export interface ChainRecord {
  readonly kind: string;
  readonly operation: string;
  readonly activity: number;
  /** ms since the epoch; undefined: nobody says, or nobody can believe it. */
  readonly time: number | undefined;
  /** What makes it one and the same; with an undefined first one, nothing does. */
  readonly identity: readonly (Json | undefined)[];
  readonly user: string | undefined;
  readonly contract?: string | undefined;
  readonly status?: Status | undefined;
  readonly resources: readonly JsonObject[];
  readonly unmapped: JsonObject;
  readonly addresses: (found: Observables) => void;
}

export const PENDING: Status = { status_id: STATUS.other, status: 'pending' };

/** What a node answered: a record of the chain, or anything else. */
export interface Answer {
  readonly call: Call;
  readonly found: ChainRecord | undefined;
}

export function answerEvent(chain: Chain, { call, found }: Answer, record: RawRecord, context: Context): OcsfEvent {
  return found === undefined ? callEvent(chain, call, record, context) : chainEvent(chain, { call, found }, record, context);
}

function chainEvent(
  chain: Chain,
  { call, found }: { readonly call: Call; readonly found: ChainRecord },
  record: RawRecord,
  context: Context,
): OcsfEvent {
  const { identity, user, contract } = found;
  const network = networkOf(call, context.format);
  const own = createObservables(BLOCKCHAIN_ADDRESS);
  found.addresses(own);
  const common = {
    ...commonOf(chain, found.time ?? deliveredAt(record, context), network, found.operation),
    ...found.status,
    actor: actorOf(chain, user, contract),
  };
  const uid =
    identity[0] === undefined || identity[0] === null
      ? context.uid(record.index)
      : digest(15, chain.source, JSON.stringify(network), found.kind, JSON.stringify(identity));
  const rpc = rpcOf(call);
  return {
    ...apiActivity(
      { ...common, metadata: { ...common.metadata, uid } },
      { activity: found.activity, operation: found.operation, service: chain.name, resources: found.resources },
    ),
    unmapped: rpc === undefined ? found.unmapped : { ...found.unmapped, rpc },
    observables: own.list(),
  };
}

function actorOf(chain: Chain, user: string | undefined, contract: string | undefined): Actor | undefined {
  if (user !== undefined) return { user: { uid: user }, app_name: chain.name };
  return contract === undefined ? undefined : { app_uid: contract, app_name: chain.name };
}

function commonOf(chain: Chain, time: number, network: string, code: string) {
  return {
    severity_id: SEVERITY.informational,
    time,
    metadata: metadataOf({
      uid: '',
      product: { name: chain.name, vendor_name: chain.name },
      event_code: code,
      log_name: network === '' ? undefined : network,
    }),
    actor: undefined,
    src_endpoint: undefined,
  };
}

/** How it was asked for: nothing where it was not. */
function rpcOf({ method, id, labels }: Call): JsonObject | undefined {
  const rest: JsonObject = { ...unnamed(labels), method, id };
  return Object.values(rest).every((member) => member === undefined) ? undefined : rest;
}

const CREATE = 1;
const READ = 2;
const UNKNOWN = 0;

/** An answer that is no record of the chain: a balance, the result of a simulation, an error. */
function callEvent(chain: Chain, call: Call, record: RawRecord, context: Context): OcsfEvent {
  const { method, id, error, result, labels } = call;
  const isWrite = method !== undefined && chain.writes.has(method);
  const operation = method ?? 'unknown';
  const common = commonOf(chain, deliveredAt(record, context), networkOf(call, context.format), operation);
  const metadata = { ...common.metadata, uid: context.uid(record.index) };
  const uid = idOf(id);
  const data = askedOf(call);
  return {
    ...apiActivity(
      { ...common, ...resultOf(error), metadata },
      {
        activity: isWrite ? CREATE : method === undefined ? UNKNOWN : READ,
        operation,
        service: chain.name,
        request: uid === undefined ? undefined : { uid, data },
        response: isSecretive(method) || result === undefined || result === null ? undefined : { data: result },
        resources: transactionIn(isWrite, result),
      },
    ),
    unmapped: leftOf(labels, uid === undefined ? data : undefined, unsaid(error)),
  };
}

function askedOf({ method, params }: Call): Json | undefined {
  return params !== undefined && isSecretive(method) ? LEFT_OUT : params;
}

/** What sends a transaction answers with its hash. */
function transactionIn(isWrite: boolean, result: Json | undefined): readonly JsonObject[] {
  const uid = isWrite ? text(result) : undefined;
  return uid === undefined ? [] : [{ uid, type: 'transaction' }];
}

function resultOf(error: Json | undefined) {
  const said = isObject(error) ? error : undefined;
  return {
    status_id: error === undefined ? STATUS.success : STATUS.failure,
    status_code: idOf(said?.['code']),
    status_detail: text(said?.['message']),
  };
}

/** What an error says beside its code and message. */
function unsaid(error: Json | undefined): Json | undefined {
  if (!isObject(error)) return error;
  const { code, message, ...rest } = error;
  const left = { ...(idOf(code) === undefined ? { code } : {}), ...(text(message) === undefined ? { message } : {}), ...rest };
  return Object.values(left).every((member) => member === undefined) ? undefined : left;
}

/** The network's name is metadata.log_name. */
function unnamed({ network, chain, ...labels }: JsonObject): JsonObject {
  return text(network) !== undefined
    ? { ...labels, chain }
    : text(chain) !== undefined
      ? { ...labels, network }
      : { ...labels, network, chain };
}

function leftOf(labels: JsonObject, params: Json | undefined, error: Json | undefined): JsonObject | undefined {
  const rest: JsonObject = { ...unnamed(labels), params, error };
  return Object.values(rest).every((member) => member === undefined) ? undefined : rest;
}

/** @param seconds since the epoch. Clocks of test networks, and the first block of a chain, tell nothing: undefined. */
export function timeOfSeconds(seconds: number | undefined): number | undefined {
  const ms = seconds === undefined ? undefined : Math.round(seconds * 1000);
  return ms !== undefined && inRange(ms) ? ms : undefined;
}

/** @returns a copy with other values for some members; the rest as it came. */
export function changed(members: JsonObject, omitted: ReadonlySet<string>, values: ReadonlyMap<string, Json>): JsonObject {
  const rest: [string, Json][] = [];
  for (const name of Object.keys(members)) {
    const member = members[name];
    if (member === undefined || member === null || omitted.has(name)) continue;
    rest.push([name, values.get(name) ?? member]);
  }
  return Object.fromEntries(rest);
}
