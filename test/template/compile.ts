// Compiles a stack as `serverless package` does, in a folder of its own: what lies in .serverless/ and .build/ of the checkout may be in use.
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { linkProject } from '../../local/workspace.ts';
import type { Json, JsonObject } from '../../shared/model.ts';
import { isArray, isObject, object, parseJson, text } from '../../shared/outcome.ts';

export interface Resource {
  readonly id: string;
  readonly type: string;
  readonly properties: JsonObject;
  readonly deletionPolicy: string | undefined;
  readonly replacePolicy: string | undefined;
}

export interface Compiled {
  readonly directory: string;
  /** Path of the compiled template. */
  readonly file: string;
  readonly resources: readonly Resource[];
  /** What `serverless package` printed. */
  readonly printed: string;
}

export interface CompileOptions {
  readonly parameters: Readonly<Record<string, string>>;
  /** Further banks' files, by name. */
  readonly banks?: Readonly<Record<string, string>>;
  /** Further files below banks/, by path. */
  readonly files?: Readonly<Record<string, string>>;
  /** The real functions instead of empty ones, which take seconds to bundle. */
  readonly realFunctions?: boolean;
}

const ROOT = resolve('.');
const EMPTY_HANDLER = 'export function handler(): string { return "empty"; }\n';

/** @returns a folder in which `serverless` finds the project, with further banks. */
export function projectCopy({ banks = {}, files = {}, realFunctions = false }: Omit<CompileOptions, 'parameters'>): string {
  const directory = linkProject(ROOT, mkdtempSync(join(tmpdir(), 'strongroom-template-')), ['banks', 'functions']);
  cpSync(join(ROOT, 'banks'), join(directory, 'banks'), { recursive: true });
  for (const [name, content] of Object.entries(banks)) writeFileSync(join(directory, 'banks', `${name}.yml`), content);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, 'banks', path)), { recursive: true });
    writeFileSync(join(directory, 'banks', path), content);
  }
  placeFunctions(directory, realFunctions);
  return directory;
}

/** @throws with what `serverless package` printed, where it fails. */
export async function compile(options: CompileOptions): Promise<Compiled> {
  const directory = projectCopy(options);
  const parameters = Object.entries(options.parameters).flatMap(([name, value]) => ['--param', `${name}=${value}`]);
  const run = await execute(
    process.execPath,
    [join(ROOT, 'node_modules', 'serverless', 'bin', 'serverless.js'), 'package', ...parameters],
    directory,
  );
  if (run.code !== 0) {
    rmSync(directory, { recursive: true, force: true });
    throw new Error(run.printed);
  }
  const file = join(directory, '.serverless', 'cloudformation-template-update-stack.json');
  return { directory, file, printed: run.printed, resources: resourcesOf(parseJson(readFileSync(file, 'utf8'))) };
}

interface Run {
  readonly code: number | null;
  readonly stdout: string;
  /** Both outputs. */
  readonly printed: string;
}

/** Runs a program that needs nothing of the caller's AWS set-up, and no way out. */
export function execute(command: string, args: readonly string[], cwd: string): Promise<Run> {
  const env = { PATH: process.env['PATH'], HOME: cwd, AWS_ENDPOINT_URL: 'http://127.0.0.1:9', SLS_NOTIFICATIONS_MODE: 'off' };
  return new Promise((resolved, rejected) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const outputs = Promise.all([textOf(child.stdout), textOf(child.stderr)]);
    child.on('error', rejected);
    child.on('close', (code) => {
      outputs.then(([stdout, stderr]) => resolved({ code, stdout, printed: stdout + stderr }), rejected);
    });
  });
}

export function discard(compiled: Compiled | undefined): void {
  if (compiled !== undefined) rmSync(compiled.directory, { recursive: true, force: true });
}

function placeFunctions(directory: string, real: boolean): void {
  for (const name of readdirSync(join(ROOT, 'functions'))) {
    const from = join(ROOT, 'functions', name);
    const to = join(directory, 'functions', name);
    mkdirSync(to, { recursive: true });
    for (const entry of readdirSync(from)) {
      if (real || entry.endsWith('.yml')) symlinkSync(join(from, entry), join(to, entry));
    }
    if (!real) writeFileSync(join(to, 'handler.ts'), EMPTY_HANDLER);
  }
}

export function resourcesOf(template: Json | undefined): readonly Resource[] {
  const resources = object(object(template)?.['Resources']) ?? {};
  return Object.entries(resources).map(([id, resource]) => ({
    id,
    type: text(object(resource)?.['Type']) ?? '',
    properties: object(object(resource)?.['Properties']) ?? {},
    deletionPolicy: text(object(resource)?.['DeletionPolicy']),
    replacePolicy: text(object(resource)?.['UpdateReplacePolicy']),
  }));
}

export function ofType({ resources }: Pick<Compiled, 'resources'>, type: string): readonly Resource[] {
  return resources.filter((resource) => resource.type === type);
}

/** @returns the value under the path of keys; undefined where it ends early. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((found, key) => {
    if (typeof key === 'number') return isArray(found) ? found[key] : undefined;
    return isObject(found) ? found[key] : undefined;
  }, value);
}

/** @returns the logical id that `{Ref: id}` or `{Fn::GetAtt: [id, …]}` points to. */
export function target(value: unknown): string | undefined {
  return text(at(value, 'Ref')) ?? text(at(value, 'Fn::GetAtt', 0));
}

/** @returns a value that may be one or a list, as a list. */
export function list(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  return isArray(value) ? value : [value];
}

export interface Statement {
  /** Logical id of the resource and Sid of the statement. */
  readonly name: string;
  readonly effect: string;
  readonly actions: readonly string[];
  readonly resources: readonly unknown[];
  readonly services: readonly string[];
  readonly condition: JsonObject | undefined;
}

/** @returns every policy statement anywhere in the template. */
export function statements({ resources }: Pick<Compiled, 'resources'>): readonly Statement[] {
  return resources.flatMap(({ id, properties }) =>
    objectsIn(properties)
      .filter((candidate) => candidate['Effect'] !== undefined)
      .map((statement) => ({
        name: `${id}/${text(statement['Sid']) ?? '-'}`,
        effect: text(statement['Effect']) ?? '',
        actions: list(statement['Action']).map(String),
        resources: list(statement['Resource']),
        services: list(at(statement, 'Principal', 'Service')).map(String),
        condition: object(statement['Condition']),
      })),
  );
}

/** @returns the object and every object inside it; text that holds JSON is looked into. */
function objectsIn(value: unknown): readonly JsonObject[] {
  if (isArray(value)) return value.flatMap(objectsIn);
  if (isObject(value)) return [value, ...Object.values(value).flatMap(objectsIn)];
  return typeof value === 'string' && value.startsWith('{') ? objectsIn(parseJson(value)) : [];
}

/** @returns every text in the value. */
export function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (isArray(value)) return value.flatMap(textsIn);
  return isObject(value) ? Object.values(value).flatMap(textsIn) : [];
}
