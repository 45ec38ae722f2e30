// The packaged functions: how large, and how long from the start of a process until the handler is ready (Lambda's cold start, less its own part).
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { loadBank } from '../cli/bank.ts';
import { buildFunctions } from '../tools/build.ts';

const STARTS = 5;

/** Everything any function asks for; nothing is called. */
const ENVIRONMENT = {
  AWS_REGION: 'eu-central-1',
  VAULT_BUCKET: 'vault',
  PARKED_BUCKET: 'parked',
  REFERENCE_BUCKET: 'reference',
  DIGEST_FUNCTION: 'digest',
  EVIDENCE_KEY_ARN: 'arn:aws:kms:eu-central-1:111111111111:key/00000000-0000-4000-8000-000000000000',
  PERIOD_KEYS_BUCKET: 'period-keys',
  EVIDENCE_ROLES: 'arn:aws:iam::111111111111:role/reader',
  PSEUDONYM_KEY_ARN: 'arn:aws:kms:eu-central-1:111111111111:key/00000000-0000-4000-8000-000000000001',
  HUB_STREAM: 'hub',
  OPENSEARCH_URL: 'http://127.0.0.1:9',
  ALERT_TOPIC_ARN: 'arn:aws:sns:eu-central-1:111111111111:alerts',
  ALERT_TABLE: 'alerts',
  LOG_TABLE: 'log',
  WITNESS_TABLE: 'witness',
  WITNESS_BUCKET: 'witness',
  // Of nobody: made for this, and thrown away.
  LOG_KEYS: 'strongroom/demo/eu-central-1+0251f25b+AXpNDu1oDr9cfkTt0vo9I3N+Dny2PlMp8NmooFkGhJXz',
};

export interface FunctionRow {
  readonly function: string;
  readonly 'bundle KiB': number;
  readonly 'zip KiB': number;
  readonly 'cold start ms': number;
}

/** Builds all functions for the demo bank and starts each several times; the median counts. */
export async function functionRows(): Promise<readonly FunctionRow[]> {
  const { bank } = loadBank('banks/demo.yml');
  const output = mkdtempSync(join(tmpdir(), 'strongroom-bench-'));
  try {
    const functions = readdirSync('functions').sort();
    const built = await buildFunctions({ root: process.cwd(), output, bank, functions });
    return built.map(({ name, zip, bundleBytes, zipBytes }) => ({
      function: name,
      'bundle KiB': Math.round(bundleBytes / 1024),
      'zip KiB': Math.round(zipBytes / 1024),
      'cold start ms': coldStart(join(dirname(zip), name)),
    }));
  } finally {
    rmSync(output, { recursive: true, force: true });
  }
}

/** @returns ms from the start of the process, as it counts them itself, until the handler's module is loaded. */
function coldStart(directory: string): number {
  const script = `require(${JSON.stringify(join(directory, 'handler.js'))}); console.log(performance.now()); process.exit(0)`;
  const env = { ...ENVIRONMENT, PATH: process.env['PATH'], LAMBDA_TASK_ROOT: directory };
  const times = Array.from({ length: STARTS }, () =>
    Number(execFileSync(process.execPath, ['-e', script], { env, cwd: directory, encoding: 'utf8' }).trim().split('\n').at(-1)),
  );
  return Math.round(times.sort((a, b) => a - b)[STARTS >> 1] ?? Number.NaN);
}
