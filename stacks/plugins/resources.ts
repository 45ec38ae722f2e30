// What the modules that write CloudFormation in code have in common.

export interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly [attribute: string]: unknown;
}

/** By logical id. */
export type Resources = Readonly<Record<string, Resource>>;

export interface Statement {
  readonly Sid: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Principal?: object | '*';
  readonly Action: readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: object;
}

/** A statement that names resources as CloudFormation makes them, or none: the trust of a role. */
export interface TemplateStatement extends Omit<Statement, 'Resource'> {
  readonly Resource?: string | object | readonly (string | object)[];
}

export function policy(statements: readonly TemplateStatement[]): object {
  return { Version: '2012-10-17', Statement: statements };
}

/** @returns the words of a name as CloudFormation takes them: `real-time.logs` is `RealTimeLogs`. */
export function pascalCase(name: string): string {
  return name.replace(/(?:^|[^A-Za-z0-9]+)([A-Za-z0-9]|$)/g, (_, letter: string) => letter.toUpperCase());
}
