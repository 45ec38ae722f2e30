// Clients of the local broker. https://github.com/platformatic/kafka#readme
import type { Admin } from '@platformatic/kafka';
import type { KafkaServer } from '../kafka.ts';

const PARTITIONS = 3;

/** @returns what every client of the library is told. */
export function connectionOf({ servers, username, password, ca }: KafkaServer) {
  const sasl = { mechanism: 'SCRAM-SHA-512', username, password } as const;
  return { clientId: 'local', bootstrapBrokers: [...servers], sasl, tls: { ca } };
}

export async function openAdmin(server: KafkaServer): Promise<Admin> {
  // Loaded here: few runs of the platform have a broker.
  const { Admin } = await import('@platformatic/kafka');
  return new Admin(connectionOf(server));
}

export async function createTopics(server: KafkaServer, topics: readonly string[]): Promise<void> {
  const admin = await openAdmin(server);
  try {
    await admin.createTopics({ topics: [...topics], partitions: PARTITIONS, replicas: 1 });
  } finally {
    await admin.close();
  }
}
