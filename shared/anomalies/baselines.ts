// What is habitual, as a table: whose (entity), of what (key), how much (measure) and what of it is unusual (kinds). Fields are those that the
// index can count by (shared/opensearch/fields.ts). To add a habit is to add a line here.
import { API_ACTIVITY, AUTHENTICATION, NETWORK_ACTIVITY } from '../ocsf/classes.ts';
import type { Baseline, Clause } from './model.ts';

const CLOUDTRAIL = ['CloudTrail'];
const FLOWS = ['Amazon VPC'];
const PAYMENTS = ['ISO 20022', 'Adyen', 'Stripe', 'Coinbase', 'Binance', 'Kraken', 'Bitcoin', 'Ethereum'];

const AWS_SERVICE_TYPE = 4;
/** Calls that services of AWS made, for themselves or in somebody's name. */
const BY_SERVICES: readonly Clause[] = [{ term: { 'actor.user.type_id': AWS_SERVICE_TYPE } }, { exists: { field: 'actor.app_name' } }];
const BY_LONG_TERM_KEYS: Clause = { prefix: { 'actor.user.programmatic_credentials.uid': 'AKIA' } };
const CHANGES: Clause = { terms: { activity_id: [1, 3, 4] } };
const FAILURES: Clause = { term: { status_id: 2 } };
/** Whoever knows a name can fail to sign in by it: that is no journey of its owner, and nothing to be learned. */
const FAILED_SIGN_INS: Clause = { bool: { filter: [{ term: { class_uid: String(AUTHENTICATION.uid) } }, FAILURES] } };
const ALLOWED: Clause = { term: { action_id: 1 } };
const PRIVATE = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '169.254.0.0/16'];
const FROM_INSIDE: Clause = { terms: { 'src_endpoint.ip': PRIVATE } };
const TO_INSIDE: Clause = { terms: { 'dst_endpoint.ip': [...PRIVATE, '224.0.0.0/4'] } };
/** Linux answers clients from its ports at ones from here on: what goes there is mostly an answer. */
const TO_SERVERS: Clause = { range: { 'dst_endpoint.port': { lt: 32_768 } } };

const ASK =
  'Ask who owns the identity whether this was meant: a new task, a journey, a tool. If nobody knows of it, take its sessions and keys away, then find out what it did: strongroom investigate <finding id>.';
const ASK_HOST =
  'Ask who owns the host what runs on it since when. If nobody knows of it, isolate the host, keep its memory and disk, and look for where it talked to: strongroom investigate <finding id>.';

const COUNT = { kind: 'count' } as const;
const OF_PRINCIPALS = {
  products: CLOUDTRAIL,
  except: [...BY_SERVICES, FAILED_SIGN_INS],
  entity: 'principal',
  measure: COUNT,
  grain: 'hour',
  response: ASK,
} as const;
const OF_HOSTS = { about: 'traffic', classes: [NETWORK_ACTIVITY], products: FLOWS, entity: 'src_endpoint.ip', response: ASK_HOST } as const;

export const BASELINES: readonly Baseline[] = [
  {
    ...OF_PRINCIPALS,
    id: 'principal-service',
    about: 'activity',
    title: 'Unusual use of an AWS service by an identity',
    description:
      'An identity called a service that it never called before, or called it far more than in its busiest hours. Stolen credentials are used for other ends than their owner has. New tools, migrations and incidents look alike.',
    tags: ['attack.discovery', 'attack.t1526', 'attack.collection', 'attack.t1530'],
    classes: [API_ACTIVITY],
    filter: [],
    key: 'api.service.name',
    unit: 'calls',
    kinds: ['first_seen', 'volume'],
    confirms: ['first_seen'],
    volume: { floor: 100, noise: 8, times: 3, score: 8 },
    weight: -0.3,
    least: 2,
  },
  {
    ...OF_PRINCIPALS,
    id: 'principal-changes',
    about: 'activity',
    title: 'Unusual changes by an identity',
    description:
      'An identity changed things at an hour at which it never works, or far more of them than it ever does. Releases and incidents at night look alike.',
    tags: ['attack.persistence', 'attack.t1098', 'attack.impact'],
    classes: [API_ACTIVITY],
    filter: [CHANGES],
    unit: 'changes',
    kinds: ['volume', 'off_hours'],
    volume: { floor: 10, noise: 1, times: 3, score: 8 },
    weight: 0,
  },
  {
    ...OF_PRINCIPALS,
    id: 'principal-failures',
    about: 'activity',
    title: 'Many refused calls by an identity',
    description:
      'Calls of an identity failed far more often than they ever do: who does not know what stolen credentials may do tries everything. A broken deployment looks alike.',
    tags: ['attack.discovery', 'attack.t1580'],
    classes: [API_ACTIVITY],
    filter: [FAILURES],
    unit: 'failed calls',
    kinds: ['volume'],
    volume: { floor: 60, noise: 5, times: 4, score: 10 },
    confirms: ['volume'],
    weight: 0,
  },
  {
    ...OF_PRINCIPALS,
    id: 'principal-country',
    about: 'place',
    title: 'Identity in a country it never was in',
    description: 'An identity acted from a country that it never acted from. Journeys, new offices and VPN exits look alike.',
    tags: ['attack.initial-access', 'attack.t1078.004'],
    classes: [API_ACTIVITY, AUTHENTICATION],
    filter: [],
    // Those are told by key-country, once.
    except: [...BY_SERVICES, BY_LONG_TERM_KEYS, FAILED_SIGN_INS],
    key: 'src_endpoint.location.country',
    unit: 'calls',
    kinds: ['first_seen', 'rare'],
    weight: 1,
  },
  {
    ...OF_PRINCIPALS,
    id: 'principal-network',
    about: 'place',
    title: 'Identity in a network it never was in',
    description: 'An identity acted from a provider’s network that it never acted from. Home offices, hotels and mobile phones look alike.',
    tags: ['attack.initial-access', 'attack.t1078.004'],
    classes: [API_ACTIVITY, AUTHENTICATION],
    filter: [],
    key: 'src_endpoint.autonomous_system.number',
    unit: 'calls',
    kinds: ['first_seen'],
    confirms: ['first_seen'],
    weight: -0.3,
    least: 2,
  },
  {
    ...OF_PRINCIPALS,
    id: 'account-region',
    about: 'place',
    title: 'Account in a region it never used',
    description:
      'Somebody worked in a region that the account never used: where nobody looks, miners and copies of data stay longest. An expansion looks alike.',
    response:
      'Ask who owns the account. If the region is not meant to be used, see what was made there, and deny it with a service control policy.',
    tags: ['attack.defense-evasion', 'attack.t1535'],
    classes: [API_ACTIVITY],
    filter: [],
    entity: 'cloud.account.uid',
    key: 'cloud.region',
    unit: 'calls',
    kinds: ['first_seen', 'rare'],
    weight: 1.5,
  },
  {
    ...OF_PRINCIPALS,
    id: 'key-country',
    about: 'place',
    title: 'Access key in a country it never was in',
    description:
      'A long-term access key was used from a country that it was never used from. Keys do not travel: this one was copied, or its host moved.',
    response: 'Deactivate the key, then find out what was done with it and where it was stored: strongroom investigate <finding id>.',
    tags: ['attack.credential-access', 'attack.t1552.001', 'attack.initial-access', 'attack.t1078.004'],
    classes: [API_ACTIVITY],
    filter: [BY_LONG_TERM_KEYS],
    entity: 'actor.user.programmatic_credentials.uid',
    key: 'src_endpoint.location.country',
    unit: 'calls',
    kinds: ['first_seen', 'rare'],
    weight: 1.5,
  },
  {
    id: 'signin-country',
    about: 'place',
    title: 'Sign-in from a country the user never was in',
    description: 'A user signed in from a country that the user never signed in from. Journeys and VPN exits look alike.',
    response: ASK,
    tags: ['attack.initial-access', 'attack.t1078'],
    classes: [AUTHENTICATION],
    products: [],
    filter: [],
    except: [{ terms: { 'metadata.product.name': CLOUDTRAIL } }, FAILURES],
    entity: 'user.uid',
    key: 'src_endpoint.location.country',
    measure: COUNT,
    unit: 'sign-ins',
    grain: 'hour',
    kinds: ['first_seen', 'rare'],
    weight: 1,
  },
  {
    ...OF_HOSTS,
    id: 'host-port',
    title: 'Host talks to a port it never talked to',
    description:
      'A host made connections to a port that it never connected to: a new tool, a tunnel, a way to other hosts. A new version of its software looks alike.',
    tags: ['attack.lateral-movement', 'attack.t1021', 'attack.command-and-control', 'attack.t1571'],
    filter: [ALLOWED, FROM_INSIDE, TO_SERVERS],
    except: [],
    key: 'dst_endpoint.port',
    measure: COUNT,
    unit: 'flows',
    grain: 'hour',
    kinds: ['first_seen'],
    weight: -0.2,
    least: 3,
  },
  {
    ...OF_HOSTS,
    id: 'host-bytes-out',
    title: 'Host sends unusually much out of the bank',
    description: 'A host sent far more to addresses outside than it does in its busiest hours. Backups, exports and releases look alike.',
    tags: ['attack.exfiltration', 'attack.t1048'],
    filter: [ALLOWED, FROM_INSIDE],
    except: [TO_INSIDE],
    measure: { kind: 'sum', field: 'traffic.bytes' },
    unit: 'bytes',
    grain: 'hour',
    kinds: ['volume'],
    volume: { floor: 200e6, noise: 10e6, times: 3, score: 8 },
    weight: 0,
  },
  {
    ...OF_HOSTS,
    id: 'host-bytes-out-daily',
    title: 'Host sends more out of the bank, day after day',
    description:
      'For days a host sent more to addresses outside than on such days before, little by little: slow exfiltration. Growth looks alike.',
    tags: ['attack.exfiltration', 'attack.t1030', 'attack.t1048'],
    filter: [ALLOWED, FROM_INSIDE],
    except: [TO_INSIDE],
    measure: { kind: 'sum', field: 'traffic.bytes' },
    unit: 'bytes',
    grain: 'day',
    kinds: ['volume'],
    volume: { floor: 1e9, noise: 50e6, times: 1.6, score: 5, persist: 2 },
    weight: 0,
  },
  {
    ...OF_HOSTS,
    id: 'host-destinations',
    title: 'Host talks to unusually many addresses',
    description: 'A host connected to far more addresses than it ever does: it looks for others. Scanners and monitoring look alike.',
    tags: ['attack.discovery', 'attack.t1046'],
    filter: [FROM_INSIDE, TO_SERVERS],
    except: [],
    measure: { kind: 'distinct', field: 'dst_endpoint.ip' },
    unit: 'addresses',
    grain: 'hour',
    kinds: ['volume'],
    volume: { floor: 100, noise: 5, times: 3, score: 8 },
    weight: 0,
  },
  {
    id: 'party-payments',
    about: 'activity',
    title: 'Unusually many payments of one party',
    description:
      'An account, an address or another party had far more payments than in its busiest hours. They are counted: sources tell amounts as text. Campaigns and pay days look alike.',
    response:
      'Look at the payments before they settle: to whom they go, whether the recipients are new, whether limits or one-time codes were changed before. Hold them if the customer does not know them.',
    tags: ['attack.impact', 'attack.t1657'],
    classes: [API_ACTIVITY],
    products: PAYMENTS,
    filter: [],
    except: [],
    entity: 'observables.value',
    measure: COUNT,
    unit: 'payments',
    grain: 'hour',
    kinds: ['volume'],
    volume: { floor: 30, noise: 2, times: 4, score: 8 },
    weight: 0,
  },
];
