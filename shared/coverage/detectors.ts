// Services that watch an account as a whole: AWS Config and GuardDuty. The workload stack and the organization's administrator switch them on.
// https://docs.aws.amazon.com/config/latest/APIReference/API_DescribeConfigurationRecorderStatus.html
// https://docs.aws.amazon.com/guardduty/latest/APIReference/API_GetDetector.html
import { DescribeConfigurationRecorderStatusCommand, type ConfigurationRecorderStatus } from '@aws-sdk/client-config-service';
import { GetDetectorCommand, ListDetectorsCommand } from '@aws-sdk/client-guardduty';
import type { Gap, Place } from './gap.ts';

export async function recorders(place: Place): Promise<readonly Gap[]> {
  const { ConfigurationRecordersStatus: found = [] } = await place.clients.config.send(new DescribeConfigurationRecorderStatusCommand({}));
  return recorderGaps(found, place);
}

export function recorderGaps(found: readonly ConfigurationRecorderStatus[], { account, region }: Place): readonly Gap[] {
  const gap = {
    kind: 'recorder_stopped',
    source: 'config',
    resource: `arn:aws:config:${region}:${account}:configuration-recorder`,
  } as const;
  const [recorder] = found;
  if (recorder === undefined) return [{ ...gap, detail: `no configuration recorder in ${region}` }];
  const { name = '', recording, lastStatus, lastErrorMessage } = recorder;
  if (recording !== true) return [{ ...gap, detail: `recorder ${name} is stopped` }];
  if (lastStatus === 'Failure') return [{ ...gap, detail: `recorder ${name} fails: ${lastErrorMessage ?? 'no reason given'}` }];
  return [];
}

export async function detectors({ account, region, clients: { guardDuty } }: Place): Promise<readonly Gap[]> {
  const gap = { kind: 'detector_missing', source: 'guardduty', resource: `arn:aws:guardduty:${region}:${account}:detector` } as const;
  const { DetectorIds: [DetectorId] = [] } = await guardDuty.send(new ListDetectorsCommand({}));
  if (DetectorId === undefined) return [{ ...gap, detail: `no detector in ${region}` }];
  const { Status: status } = await guardDuty.send(new GetDetectorCommand({ DetectorId }));
  return status === 'ENABLED' ? [] : [{ ...gap, detail: `detector ${DetectorId} is ${status ?? 'in no state'}` }];
}
