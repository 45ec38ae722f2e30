// Logs as varied as a bank's, for measuring the index: hundreds of roles, thousands of sessions and clients, ids that are random as AWS's are.
// What the demo makes up repeats itself too much for that. All names, ids and addresses are made up.
// https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html and
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html
import type { Random } from '../local/demo/random.ts';

export const START = Date.UTC(2026, 10, 2, 8);
export const ACCOUNTS = ['222222222222', '333333333333', '444444444444'] as const;

/** Few are busy, many are not: the square leans towards the first. */
export function leaning(random: Random, count: number): number {
  return Math.floor(random.next() ** 2 * count);
}

/** Address number `at` of a population. */
export function publicAddress(at: number): string {
  const mixed = Math.imul(at + 1, 0x9e3779b1) >>> 0;
  return `${[192, 198, 203][mixed % 3]}.${[0, 51, 0][mixed % 3]}.${[2, 100, 113][mixed % 3]}.${(mixed >>> 8) % 256}`;
}

export function privateAddress(random: Random): string {
  return `10.${random.int(20, 27)}.${leaning(random, 64)}.${random.int(4, 250)}`;
}

export const FLOW_HEADER =
  'version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status';

export function flowRecord(random: Random, index: number): string {
  const start = Math.floor((START + index * 40) / 1000);
  const [inside, outside] = [privateAddress(random), random.next() < 0.4 ? publicAddress(leaning(random, 30_000)) : privateAddress(random)];
  const [source, target] = random.next() < 0.5 ? [outside, inside] : [inside, outside];
  const port = random.pick([443, 443, 443, 443, 5432, 6379, 8443, 22, 9092, 53]);
  const ports = random.next() < 0.5 ? `${random.int(1024, 65_535)} ${port}` : `${port} ${random.int(1024, 65_535)}`;
  const packets = random.int(1, 60) ** 2;
  const network = `eni-0${(leaning(random, 800) * 0x9e3779b1).toString(16).padStart(16, 'a').slice(0, 16)}`;
  return `2 ${random.pick(ACCOUNTS)} ${network} ${source} ${target} ${ports} ${random.next() < 0.9 ? 6 : 17} ${packets} ${packets * random.int(52, 1400)} ${start} ${start + random.int(20, 60)} ${random.next() < 0.06 ? 'REJECT' : 'ACCEPT'} OK`;
}

const BROWSERS = ['Chrome', 'Firefox', 'Edg'] as const;

function browser(random: Random): string {
  const version = `${random.int(120, 146)}.0.${random.int(0, 9) * 100}.${leaning(random, 200)}`;
  if (random.next() < 0.3)
    return `BankApp/${random.int(5, 9)}.${random.int(0, 30)}.${random.int(0, 9)} (iPhone; iOS 19.${random.int(0, 3)}; Scale/3.00)`;
  return `Mozilla/5.0 (${random.pick(['Windows NT 10.0; Win64; x64', 'Macintosh; Intel Mac OS X 10_15_7', 'X11; Linux x86_64'])}) AppleWebKit/537.36 (KHTML, like Gecko) ${random.pick(BROWSERS)}/${version} Safari/537.36`;
}

function request(random: Random): string {
  const area = random.pick(['accounts', 'payments', 'statements', 'cards', 'login', 'static']);
  const path =
    area === 'login'
      ? '/login'
      : area === 'static'
        ? `/static/chunk-${leaning(random, 90)}.js`
        : `/api/v2/${area}/${leaning(random, 60_000)}`;
  const query = random.next() < 0.4 ? `?session=${random.hex(16)}&page=${random.int(1, 20)}` : '';
  return `${random.pick(['GET', 'GET', 'GET', 'POST', 'PUT'])} https://www.bank.example:443${path}${query} HTTP/2.0`;
}

export function balancerLine(random: Random, index: number): string {
  const created = START + index * 120;
  const micros = (ms: number): string => new Date(ms).toISOString().replace('Z', `${random.int(100, 999)}Z`);
  const target = `10.20.${random.int(10, 13)}.${random.int(4, 60)}:8080`;
  const status = random.pick([200, 200, 200, 200, 200, 201, 302, 304, 404, 502]);
  const balancer = `app/${random.pick(['web', 'api', 'mobile'])}-bank/50dc6c495c0c9188`;
  return [
    `https ${micros(created + 40)} ${balancer} ${publicAddress(leaning(random, 60_000))}:${random.int(1024, 65_535)} ${target} 0.00${random.int(0, 9)} 0.${random.int(10, 900)} 0.000 ${status} ${status}`,
    `${random.int(80, 2900)} ${random.int(200, 90_000)} "${request(random)}" "${browser(random)}" TLS_AES_128_GCM_SHA256 TLSv1.3`,
    `arn:aws:elasticloadbalancing:eu-central-1:222222222222:targetgroup/web-bank/73e2d6bc24d8a067 "Root=1-${random.hex(8)}-${random.hex(24)}" "www.bank.example"`,
    `"arn:aws:acm:eu-central-1:222222222222:certificate/12345678-1234-4234-a234-123456789012" ${random.int(0, 40)} ${micros(created)} "forward" "-" "-" "${target}" "${status}" "-" "-" TID_${random.hex(32)}`,
  ].join(' ');
}
