// What a node of a chain answered, however whoever asked it wrote that down: the response alone, beside its request, or in one with it; what
// a subscription brings; or the bare result. https://www.jsonrpc.org/specification, https://ethereum.org/en/developers/docs/apis/json-rpc
import type { Json, JsonObject } from '../../model.ts';
import { unmappedOf } from '../../ocsf/event.ts';
import { isArray, isObject, object, text } from '../../outcome.ts';

export interface Call {
  readonly method: string | undefined;
  readonly params: Json | undefined;
  readonly id: Json | undefined;
  readonly error: Json | undefined;
  /** Undefined where there is none, as beside an error. */
  readonly result: Json | undefined;
  /** What else whoever asked wrote beside it: the network's name. */
  readonly labels: JsonObject;
}

const BARE = { method: undefined, params: undefined, id: undefined, error: undefined, labels: {} };
const PAIR: ReadonlySet<string> = new Set(['request', 'response']);
const OWN: ReadonlySet<string> = new Set(['jsonrpc', 'id', 'method', 'params', 'result', 'error']);

/** @param delivered a whole record. */
export function callOf(delivered: JsonObject): Call {
  const response = object(delivered['response']);
  if (response !== undefined && isAnswer(response)) {
    const asked = object(delivered['request']) ?? {};
    const method = text(asked['method']) ?? text(response['method']);
    return { ...called(response), method, params: asked['params'], labels: without(delivered, PAIR) };
  }
  const subscription = object(delivered['params']);
  if (delivered['method'] === 'eth_subscription' && subscription !== undefined) {
    const { subscription: id, result } = subscription;
    return { ...BARE, method: 'eth_subscription', id, result, labels: without(delivered, OWN) };
  }
  return isAnswer(delivered) ? { ...called(delivered), labels: without(delivered, OWN) } : { ...BARE, result: delivered };
}

function without(members: JsonObject, names: ReadonlySet<string>): JsonObject {
  return unmappedOf(members, names) ?? {};
}

function isAnswer(candidate: JsonObject): boolean {
  const hasResult = candidate['result'] !== undefined || isObject(candidate['error']);
  return hasResult && (candidate['jsonrpc'] !== undefined || candidate['id'] !== undefined || candidate['method'] !== undefined);
}

function called({ method, params, id, error, result }: JsonObject): Omit<Call, 'labels'> {
  return {
    method: text(method),
    params,
    id: id ?? undefined,
    error: error ?? undefined,
    result: error === null || error === undefined ? result : undefined,
  };
}

/** @returns one of several results that came together, as a record of its own. */
export function partOf({ method, labels }: Call, result: Json): Json {
  return method === undefined ? { ...labels, result, jsonrpc: '2.0' } : { ...labels, method, result };
}

/** Methods whose parameters hold passwords or keys. */
const SECRETIVE =
  /^(?:personal_|account_|admin_|wallet|signrawtransactionwithkey|signmessagewithprivkey|importprivkey|encryptwallet|createwallet|sethdseed|dumpprivkey)/;

export function isSecretive(method: string | undefined): boolean {
  return method !== undefined && SECRETIVE.test(method);
}

/** What the bank's file or whoever asked calls the network: two of them may hold the same transaction. */
export function networkOf({ labels }: Call, format: string | undefined): string {
  return text(labels['network']) ?? text(labels['chain']) ?? format ?? '';
}

export function areObjects(list: Json | undefined): list is readonly JsonObject[] {
  return isArray(list) && list.length > 0 && list.every(isObject);
}
