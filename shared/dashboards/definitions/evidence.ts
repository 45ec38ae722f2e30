// What CloudTrail tells of the platform's own vault and keys. https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html
import type { Dashboard } from '../model.ts';
import { count, distinct, filters, last, note, numbers, over, row, sized, table, terms } from '../panels.ts';
import { guide } from './notes.ts';
import { OWN_RESOURCES, REFUSED } from './queries.ts';
import { EVIDENCE_TOUCHED } from './searches.ts';

const OWN = { from: 'api_activity', where: OWN_RESOURCES };
const READ = 'api.operation:(GetObject OR GetObjectVersion OR Decrypt OR ReEncrypt OR REST.GET.OBJECT)';
const ALTERED =
  'api.operation:(Delete* OR PutBucket* OR PutObjectRetention OR PutObjectLegalHold OR PutObjectLockConfiguration OR PutKeyPolicy OR DisableKey OR ScheduleKeyDeletion OR CreateGrant OR ' +
  'UpdateFunctionCode* OR UpdateFunctionConfiguration* OR DisableRule OR RemoveTargets OR UpdateEventSourceMapping* OR REST.DELETE.OBJECT)';

export const EVIDENCE: Dashboard = {
  name: 'evidence',
  title: 'Evidence and audit trail',
  description:
    'Who opened sealed evidence or tried to, and who touched the vault, its keys, locks and functions. Out of CloudTrail, not out of the platform.',
  since: 'now-30d',
  rows: [
    sized(
      11,
      [
        28,
        note(
          'For auditors',
          guide(
            'evidence',
            'These are calls that CloudTrail saw on resources named `strongroom-…` or with such a name in the request. Reads of objects are there only where the bank logs S3 data events of the vault bucket.',
            '',
            '- Every reading has a statement in the vault, written before it: `_statements/access/`. A reading here without one is not ours: rule *Evidence key used by somebody who opens no evidence*.',
            '- `npx strongroom verify --bank <name> --reason <why>`: what was sealed is there and unaltered. `npx strongroom evidence export …`: the same for others, offline.',
            '- Panels of alterations, refusals and findings stay empty where nobody tries: that is how they should look.',
            '- `npx strongroom hold list`: legal holds. Erasures are in the vault’s log, `npx strongroom erase plan` shows what stands against one.',
          ),
        ),
      ],
      [
        20,
        numbers(
          'Calls on the platform',
          OWN,
          [count()],
          filters({ All: '*', 'Opened evidence': READ, Altered: ALTERED, Refused: REFUSED }),
        ),
      ],
    ),
    row(over('bar', 'Calls over time', OWN, terms('api.operation', 'Operation', 12))),
    row(
      table(
        'Who opened evidence',
        { from: 'api_activity', where: `${OWN_RESOURCES} AND ${READ}` },
        [terms('actor.user.uid', 'Who'), terms('actor.session.issuer', 'By role', 2), terms('api.operation', 'Operation', 5)],
        [count(), last()],
      ),
      table(
        'Who altered something',
        { from: 'api_activity', where: `${OWN_RESOURCES} AND ${ALTERED}` },
        [terms('api.operation', 'Operation'), terms('actor.user.uid', 'Who', 5)],
        [count(), last()],
      ),
      table(
        'Refused',
        { from: 'api_activity', where: `${OWN_RESOURCES} AND ${REFUSED}` },
        [terms('actor.user.uid', 'Who'), terms('api.operation', 'Operation', 5), terms('api.response.error', 'Error', 3)],
        [count(), last()],
      ),
    ),
    row(
      table(
        'Roles of the platform taken',
        { from: 'authentication', where: 'api.operation:AssumeRole* AND api.request.data:strongroom\\-*' },
        [terms('actor.user.uid', 'Who'), terms('src_endpoint.ip', 'Address', 3)],
        [count(), last()],
      ),
      table('Resources touched', OWN, [terms('resources.uid', 'Resource', 15)], [count(), distinct('actor.user.uid', 'Actors'), last()]),
      table('From where', OWN, [terms('src_endpoint.ip', 'Address'), terms('actor.user.uid', 'Who', 5)], [count(), last()]),
    ),
    row(
      table(
        'Keys, policies and grants',
        {
          from: 'api_activity',
          where:
            'api.service.name:"kms.amazonaws.com" AND api.operation:(PutKeyPolicy OR CreateGrant OR DisableKey OR ScheduleKeyDeletion OR CancelKeyDeletion OR UpdateAlias)',
        },
        [terms('api.operation', 'Operation'), terms('actor.user.uid', 'Who', 5), terms('resources.uid', 'Key', 5)],
        [count(), last()],
      ),
      table(
        'Findings about evidence',
        {
          from: 'detection_finding',
          where: 'metadata.product.name:Strongroom AND finding_info.analytic.name:(Evidence* OR Transparency* OR CloudTrail*)',
        },
        [terms('finding_info.analytic.name', 'Finding', 15), terms('severity_id', 'Severity', 3)],
        [count(), last()],
      ),
    ),
    row(EVIDENCE_TOUCHED),
  ],
};
