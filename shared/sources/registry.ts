// Every source there is. Adding one: its file in this folder, its line here, its golden cases in test/golden/<name>/.
import { alb } from './alb.ts';
import type { Delivery, EventPattern, Source } from './api.ts';
import { applicationJson } from './application-json.ts';
import { cloudtrail } from './cloudtrail.ts';
import { guardduty } from './guardduty.ts';
import { vpcFlow } from './vpc-flow.ts';

/** In the order in which local files are recognised: what could be mistaken for another comes later. */
export const SOURCES: readonly Source[] = [cloudtrail, guardduty, vpcFlow, alb, applicationJson];

/** @returns the source that claims the delivered unit, or undefined. */
export function claim(delivery: Delivery): Source | undefined {
  if (delivery.trigger !== 'eventbridge') return SOURCES.find((source) => source.claims(delivery));
  return SOURCES.find(({ events }) => events?.some((pattern) => matches(pattern, delivery)));
}

function matches(pattern: EventPattern, { source, detailType }: Extract<Delivery, { trigger: 'eventbridge' }>): boolean {
  const isSource = pattern.source.endsWith('*') ? source.startsWith(pattern.source.slice(0, -1)) : source === pattern.source;
  return isSource && pattern.detailTypes?.includes(detailType) !== false;
}

export function sourceNamed(name: string): Source | undefined {
  return SOURCES.find((source) => source.name === name);
}

/** Recognises a local file by its first decompressed bytes (text, at most 64 KiB). */
export function recognise(head: string): Source | undefined {
  return SOURCES.find((source) => source.recognises(head));
}
