// What the modules of the local Lambda host tell each other.

/** A function as it was deployed. https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html */
export interface DeployedFunction {
  readonly name: string;
  /** Of the alias, where the function has one. */
  readonly arn: string;
  /** Number of the version that runs, or $LATEST. */
  readonly version: string;
  readonly role: string;
  /** `<module>.<export>`, as in the template. */
  readonly handler: string;
  readonly runtime: string;
  readonly memoryMiB: number;
  readonly timeoutMs: number;
  readonly variables: Readonly<Record<string, string>>;
  readonly reservedConcurrency: number | undefined;
  /** SHA-256 of the packaged zip, base64, as the Lambda API gives it. */
  readonly codeSha256: string;
  /** Where the zip lies. */
  readonly code: { readonly bucket: string; readonly key: string };
}

/** An event source mapping as it was deployed. https://docs.aws.amazon.com/lambda/latest/api/API_EventSourceMappingConfiguration.html */
export interface DeployedMapping {
  readonly uuid: string;
  readonly functionName: string;
  readonly source: 'sqs' | 'kinesis' | 'kafka';
  readonly sourceArn: string;
  /** Of a self-managed cluster. */
  readonly kafka?: KafkaSource | undefined;
  readonly batchSize: number;
  readonly batchingWindowMs: number;
  readonly reportsBatchItemFailures: boolean;
  readonly bisects: boolean;
  /** Retries after the first attempt; Infinity where the mapping sets no limit. */
  readonly maxRetries: number;
  /** Infinity where the mapping sets no limit. */
  readonly maxRecordAgeMs: number;
  readonly startingPosition: 'TRIM_HORIZON' | 'LATEST';
  readonly onFailureQueueArn: string | undefined;
  readonly maxConcurrency: number | undefined;
}

export interface KafkaSource {
  /** `host:port` of each broker. */
  readonly servers: readonly string[];
  readonly topic: string;
  readonly groupId: string;
  /** How the brokers are reached. https://docs.aws.amazon.com/lambda/latest/api/API_SourceAccessConfiguration.html */
  readonly access: readonly { readonly type: string; readonly uri: string }[];
}

/** What an invocation answered: the handler's value as JSON, or, where `failed`, the error in Lambda's shape as JSON. */
export interface InvocationResult {
  readonly requestId: string;
  readonly failed: boolean;
  readonly payload: string;
}

export type Invoke = (payload: string) => Promise<InvocationResult>;

/** What became of one function since the host started. */
export interface FunctionState {
  readonly name: string;
  /** One per execution environment that started: ms from the start of its process until it asked for its first event. */
  readonly coldStarts: readonly { readonly initMs: number }[];
  readonly invocations: number;
  readonly errors: number;
  /** Largest resident set of any of its processes, bytes; 0 before the first invocation ended. */
  readonly maxMemoryBytes: number;
}

/** Reads one event source for one function. */
export interface Poller {
  /** No further batch starts; resolves when those under way have ended. What was read stays with the poller. */
  pause(): Promise<void>;
  resume(): void;
  /** @param since ms of the process clock (performance.now). @returns whether a look begun after it found nothing left to deliver; true while paused. */
  isQuiet(since: number): Promise<boolean>;
  /** Takes over changed settings; the position in the source is kept. */
  update(mapping: DeployedMapping): void;
  stop(): Promise<void>;
}

/** Receives the host's own log: a static message, data in fields. */
export type HostLog = (message: string, fields: Readonly<Record<string, string | number | boolean>>) => void;

/** @returns the message of whatever was thrown. */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
}
