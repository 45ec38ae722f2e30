// What the templates cannot do, as steps: each is looked at before and after, so that running all of them again does what is left and no more.
// What AWS says is the only state there is. https://docs.aws.amazon.com/wellarchitected/latest/framework/rel_prevent_interaction_failure_idempotent.html
import { MisconfiguredError } from '../errors.ts';

export interface Looked {
  readonly done: boolean;
  /** What is there now. */
  readonly found: string;
  /** What act() would do; only where it is not done. */
  readonly todo?: string;
}

export interface Step {
  readonly id: string;
  readonly title: string;
  /** In which it works. */
  readonly account: string;
  readonly region: string;
  /** IAM actions, in that account. */
  readonly rights: readonly string[];
  /** Ids of steps without which this one makes no sense. */
  readonly after?: readonly string[];
  look(): Promise<Looked>;
  act(): Promise<void>;
}

/** The credentials at hand do not reach the account of a step: others can do it, and this one goes on. */
export class ElsewhereError extends MisconfiguredError {}

/**
 * done: it was so before. to do: a plan would do it. changed: done now. failed: see `error`. stopped: a step before it failed.
 * elsewhere: with other credentials.
 */
export type StepState = 'done' | 'to do' | 'changed' | 'failed' | 'stopped' | 'elsewhere';

export interface StepResult extends Pick<Step, 'id' | 'title' | 'account' | 'region' | 'rights'> {
  readonly state: StepState;
  readonly found?: string;
  readonly todo?: string;
  readonly error?: string;
}

/** Looks at every step and changes nothing. @param tell is given each result as it comes. */
export async function planSteps(
  steps: readonly Step[],
  tell: (result: StepResult) => void = () => undefined,
): Promise<readonly StepResult[]> {
  const ahead = new Set<string>();
  return await each(
    steps,
    (result) => {
      if (result.state === 'to do') ahead.add(result.id);
      tell(result);
    },
    async (step) => {
      const before = (step.after ?? []).filter((id) => ahead.has(id));
      try {
        return shown(await step.look());
      } catch (error) {
        // What AWS refuses to tell before something else is done is not known to be wrong.
        if (before.length === 0 || error instanceof ElsewhereError) throw error;
        return { state: 'to do', found: `cannot be seen before ${before.join(', ')}` };
      }
    },
  );
}

/** Does what is not done, in the order given. One that fails stops those that come after it, and no others. */
export async function applySteps(
  steps: readonly Step[],
  tell: (result: StepResult) => void = () => undefined,
): Promise<readonly StepResult[]> {
  const broken = new Set<string>();
  return await each(
    steps,
    (result) => {
      if (result.state === 'failed' || result.state === 'stopped') broken.add(result.id);
      tell(result);
    },
    async (step) => {
      const before = (step.after ?? []).filter((id) => broken.has(id));
      if (before.length > 0) return { state: 'stopped', error: `waits for ${before.join(', ')}` };
      return await applied(step);
    },
  );
}

type Outcome = Pick<StepResult, 'state' | 'found' | 'todo' | 'error'>;

async function applied(step: Step): Promise<Outcome> {
  const looked = await step.look();
  if (looked.done) return { state: 'done', found: looked.found };
  await step.act();
  const after = await step.look();
  if (after.done) return { state: 'changed', found: after.found };
  return { state: 'failed', found: after.found, error: 'AWS took it, but it is not so yet: wait a few minutes and run the command again' };
}

function shown({ done, found, todo }: Looked): Outcome {
  return { state: done ? 'done' : 'to do', found, ...(todo === undefined || done ? {} : { todo }) };
}

async function each(
  steps: readonly Step[],
  tell: (result: StepResult) => void,
  work: (step: Step) => Promise<Outcome>,
): Promise<readonly StepResult[]> {
  const results: StepResult[] = [];
  for (const step of steps) {
    const { id, title, account, region, rights } = step;
    const outcome = await work(step).catch(failure);
    const result = { id, title, account, region, rights, ...outcome };
    results.push(result);
    tell(result);
  }
  return results;
}

function failure(error: unknown): Outcome {
  const text = error instanceof Error ? `${error.name === 'Error' ? '' : `${error.name}: `}${error.message}` : String(error);
  if (error instanceof ElsewhereError) return { state: 'elsewhere', error: error.message };
  return { state: 'failed', error: error instanceof MisconfiguredError ? error.message : text };
}

/** @returns every IAM action that the steps need, by account. */
export function rightsOf(results: readonly Pick<Step, 'account' | 'rights'>[]): ReadonlyMap<string, readonly string[]> {
  const byAccount = new Map<string, Set<string>>();
  for (const { account, rights } of results) {
    const known = byAccount.get(account) ?? new Set();
    byAccount.set(account, known);
    for (const right of rights) known.add(right);
  }
  return new Map([...byAccount].map(([account, rights]) => [account, [...rights].sort()]));
}
