// Who watches for the bank (`provider` in its file): what goes there, and where that is. Findings go as a list of attributes
// (shared/alert/copies/forward.ts), health as the state of the platform's alarms (stacks/plugins/provider.ts).
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cross-account.html
import type { SeverityName } from '../config.ts';
import type { ProviderConfig } from '../organization/config.ts';

const FINDINGS_FROM: SeverityName = 'high';

export interface Bus {
  readonly arn: string;
  readonly account: string;
  readonly region: string;
}

/** A bank, as far as it matters here. */
interface Watched {
  readonly provider?: ProviderConfig | undefined;
}

/** @returns the provider's bus. */
export function providerBus({ event_bus_arn: arn }: Pick<ProviderConfig, 'event_bus_arn'>): Bus {
  const [, , , region = '', account = ''] = arn.split(':');
  return { arn, account, region };
}

/** @returns the bus that gets findings, and the least severe that goes there; undefined where none does. */
export function findingsBus({ provider }: Watched): (Bus & { readonly from: SeverityName }) | undefined {
  if (provider === undefined || provider.findings === false) return undefined;
  return { ...providerBus(provider), from: provider.min_severity ?? FINDINGS_FROM };
}

/** @returns the bus that gets the state of the platform's alarms; undefined where none does. */
export function healthBus({ provider }: Watched): Bus | undefined {
  return provider === undefined || provider.health === false ? undefined : providerBus(provider);
}
