// What the replay queue carries: a chunk, and where its being opened is on record.
import { isObject, parseJson, text } from '../outcome.ts';
import { isReplayId } from './store.ts';

export interface ReplayMessage {
  /** Id of the replay. */
  readonly replay: string;
  readonly chunk: number;
  /** Vault key of the access statement. */
  readonly access: string;
}

/** @returns undefined where the text is no message of ours. */
export function readMessage(body: string): ReplayMessage | undefined {
  const message = parseJson(body);
  if (!isObject(message)) return undefined;
  const [replay, access, chunk] = [text(message['replay']), text(message['access']), message['chunk']];
  if (replay === undefined || access === undefined || !isReplayId(replay)) return undefined;
  return typeof chunk === 'number' && Number.isSafeInteger(chunk) && chunk >= 0 ? { replay, chunk, access } : undefined;
}
