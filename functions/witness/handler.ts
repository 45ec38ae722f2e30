// The log's notarize → here: signs a checkpoint that continues the last one. Deployed into an account of its own (stacks/witness.yml).
// https://c2sp.org/tlog-witness
import { loadPackagedBank, readEnvironment, required } from '../../shared/config.ts';
import { dynamoClient, kmsClient, s3Client } from '../../shared/deps.ts';
import { MisconfiguredError } from '../../shared/errors.ts';
import { observed } from '../../shared/middleware.ts';
import { publishKey } from '../../shared/notary/keys.ts';
import { verifierOf } from '../../shared/notary/note.ts';
import { logSettings } from '../../shared/notary/settings.ts';
import { kmsSigner, onceMade } from '../../shared/notary/signer.ts';
import { s3LogStore } from '../../shared/notary/store.ts';
import { witnessTable } from '../../shared/notary/witness-table.ts';
import { addCheckpoint, type WitnessPath } from '../../shared/notary/witness.ts';
import { createLog } from '../../shared/observe/log.ts';
import { createMetrics, emit } from '../../shared/observe/metrics.ts';

interface Request {
  readonly path: WitnessPath;
  readonly body: string;
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

const environment = readEnvironment();
const bank = loadPackagedBank();
const log = createLog();
const metrics = createMetrics();
const { origin, witness: settings } = logSettings(bank);
const copies = s3LogStore({
  s3: s3Client(environment),
  bucket: required('witnessBucket', environment),
  retention: bank.retention,
  prefix: '',
});
const signer = onceMade(async () => {
  if (settings === undefined) throw new MisconfiguredError(`the file of bank ${bank.bank} names no witness`);
  const { name, kind } = settings;
  const made = await kmsSigner({ kms: kmsClient(environment), keyArn: required('witnessKeyArn', environment), name, kind });
  await publishKey(copies, made, Date.now());
  return made;
});
const witness = {
  ...{ origin, signer, copies },
  keys: required('logKeys', environment).split(',').map(verifierOf),
  state: witnessTable({ dynamo: dynamoClient(environment), table: required('witnessTable', environment) }),
};

export const handler = observed<Request, Answer>(log, async ({ path, body }) => {
  if (path === 'key') return { status: 200, body: `${(await signer()).vkey}\n` };
  const { isFault = false, ...answer } = await addCheckpoint(witness, body);
  const fields = { bank: bank.bank, status: answer.status };
  if (answer.status === 200) log.info('checkpoint signed', fields);
  else log.warn('checkpoint refused', { ...fields, answer: answer.body.trim() });
  if (isFault) emit(metrics, { bank: bank.bank, source: 'witness' }, { WitnessRefusals: 1 });
  return answer;
});
