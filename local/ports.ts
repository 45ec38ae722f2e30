// Free ports on this machine, so that several checkouts can run side by side.
import { createServer, type Server } from 'node:net';
import { randomInt } from 'node:crypto';

// Below every system's range for outgoing connections: a client that keeps trying to reach a stopped server could otherwise be given
// the server's own port and connect to itself.
const FIRST = 20_000;
const LAST = 29_999;
const ATTEMPTS = 200;

/** @returns that many different TCP ports that nothing listens on at 127.0.0.1. @throws Error where none is found. */
export async function freePorts(count: number): Promise<number[]> {
  const held: Server[] = [];
  const ports: number[] = [];
  try {
    for (let attempt = 0; ports.length < count; attempt++) {
      if (attempt === ATTEMPTS) throw new Error(`no free port between ${FIRST} and ${LAST} on 127.0.0.1`);
      const port = randomInt(FIRST, LAST + 1);
      const server = await listen(port);
      if (server === undefined) continue;
      held.push(server);
      ports.push(port);
    }
    return ports;
  } finally {
    await Promise.all(held.map(close));
  }
}

/** @returns one TCP port that nothing listens on at 127.0.0.1. */
export async function freePort(): Promise<number> {
  const [port = 0] = await freePorts(1);
  return port;
}

function listen(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => resolve(server));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}
