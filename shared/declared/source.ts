// Runs a plan: a declared source is a Source like any other. Everything that can be known before the first record is worked out once.
// schemas/config/source.schema.json describes what people write.
import { digest } from '../ids.ts';
import type { Json, JsonObject, OcsfEvent, Outcome, RawRecord } from '../model.ts';
import { OCSF_VERSION } from '../ocsf/classes.ts';
import { exclude, object, reject, value } from '../outcome.ts';
import type { Context, Source } from '../sources/api.ts';
import { deliveredCloud, deliveredAt, deliveryOf } from '../sources/lib/delivery.ts';
import { cloudAt } from '../sources/lib/line.ts';
import { createAssigner, valueAt, type Assigned, type Assigner } from './assign.ts';
import { claimsOf, locateOf } from './claims.ts';
import { lookup } from './match.ts';
import type { Case, Condition, DeclaredPlan } from './plan.ts';
import { fieldReader, framingOf } from './readers.ts';
import { restOf } from './rest.ts';
import { splitter } from './split.ts';

interface DeclaredRecord {
  readonly fields: JsonObject;
  readonly assigned: Assigned;
  readonly as: Kind;
}

/** One of the plan's cases. */
interface Kind {
  readonly holds: (fields: JsonObject) => boolean;
  readonly cls: Case['cls'];
  readonly assigner: Assigner;
  readonly uidOf: Naming;
  readonly isCloud: boolean;
  /** Undefined where there are none. */
  readonly profiles: readonly string[] | undefined;
  /** Of what comes through CloudWatch Logs, and so is of an AWS account. */
  readonly cloudProfiles: readonly string[];
}

/** @throws Error where a plan cannot be run; cli/declared/compile.ts has checked it. */
export function declaredSource(plan: DeclaredPlan): Source<DeclaredRecord> {
  const absent: ReadonlySet<Json> = new Set(plan.absent);
  const readFields = fieldReader(plan.readers, absent);
  const excluded = plan.exclude.map(({ rule, when }) => ({ rule, holds: conditions(when) }));
  const kinds = plan.cases.map((one) => kindOf(plan.name, one, absent));

  function parse(record: RawRecord, context: Context): Outcome<DeclaredRecord> {
    const read = readFields(record, context);
    if (read.kind !== 'value') return read;
    const fields = read.value;
    for (const { rule, holds } of excluded) if (holds(fields)) return exclude(rule);
    const as = kinds.length === 1 ? kinds[0] : kinds.find(({ holds }) => holds(fields));
    if (as === undefined) return reject('bad_value', 'no case is for it');
    const assigned = as.assigner.assign(fields, deliveredAt(record, context));
    return assigned.missing === undefined
      ? value({ fields, assigned, as })
      : reject('missing_field', `nothing valid for ${assigned.missing}`);
  }

  return {
    name: plan.name,
    title: plan.title,
    documentation: plan.documentation,
    classes: [...new Set(plan.cases.map(({ cls }) => cls.uid))],
    delivered: plan.delivered,
    events: plan.claim.events,
    framing: framingOf(plan),
    claims: claimsOf(plan.claim),
    locate: locateOf(plan.claim),
    recognises: (head) => plan.recognise.some((texts) => texts.every((text) => head.includes(text))),
    ...(plan.records === undefined ? {} : { split: splitter(plan.records) }),
    parse,
    map: mapper(plan),
  };
}

function kindOf(source: string, one: Case, absent: ReadonlySet<Json>): Kind {
  const { when, cls, profiles, assignments, needs } = one;
  return {
    uidOf: naming(source, one),
    holds: conditions(when),
    cls,
    assigner: createAssigner(assignments, needs, absent),
    isCloud: profiles.includes('cloud'),
    profiles: profiles.length === 0 ? undefined : profiles,
    cloudProfiles: [...new Set(['cloud', ...profiles])],
  };
}

function conditions(when: readonly Condition[]): (fields: JsonObject) => boolean {
  const tests = when.map(({ field, is }) => ({ field, found: lookup(is.map((said) => [said, true] as const)) }));
  return (fields) => tests.every(({ field, found }) => found(valueAt(fields, field)) === true);
}

/** Maps what parse() found to an event. */
function mapper({ product }: DeclaredPlan) {
  return ({ fields, assigned, as }: DeclaredRecord, record: RawRecord, context: Context): OcsfEvent => {
    const { activity_id: activity, severity_id: severity, time: at, metadata, ...event } = assigned.event;
    const time = number(at);
    const { cls } = as;
    return {
      activity_id: number(activity),
      category_uid: cls.category,
      class_uid: cls.uid,
      type_uid: cls.uid * 100 + number(activity),
      severity_id: number(severity),
      time,
      metadata: {
        ...deliveryOf(record, time, context),
        ...object(metadata),
        uid: as.uidOf(fields, context) ?? context.uid(record.index),
        version: OCSF_VERSION,
        product,
        profiles: context.logGroup === undefined ? as.profiles : as.cloudProfiles,
      },
      cloud: as.isCloud ? cloudAt(context.origin) : deliveredCloud(context),
      ...event,
      unmapped: restOf(fields, as.assigner.tree, assigned),
    };
  };
}

/** parse() has rejected records without it. */
function number(assigned: Json | undefined): number {
  return typeof assigned === 'number' ? assigned : 0;
}

type Naming = (fields: JsonObject, context: Context) => string | undefined;

/** Whoever writes to a log group of the bank's own chooses the ids in it: there, and where a part is missing, a record goes by its position. */
function naming(source: string, { cls, uid }: Case): Naming {
  if (uid.length === 0) return () => undefined;
  // Records of several kinds may have the same id; and one account cannot take the place of another one's record.
  const kind = JSON.stringify([cls.uid, ...uid.map(({ field }) => field)]);
  return (fields, { logGroup, origin }) => {
    if (logGroup !== undefined && !logGroup.startsWith('/aws/')) return undefined;
    const parts: Json[] = [];
    for (const { field, isOptional } of uid) {
      const part = valueAt(fields, field) ?? '';
      if (part === '' && !isOptional) return undefined;
      parts.push(part);
    }
    return digest(15, source, kind, JSON.stringify([origin.account, ...parts]));
  };
}
