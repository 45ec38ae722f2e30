import { once } from 'node:events';
import { createServer } from 'node:net';
import { freePort, freePorts } from '../../../local/ports.ts';

test('different ports below the range for outgoing connections, free to listen on', async () => {
  const ports = await freePorts(20);

  expect(new Set(ports).size).toBe(20);
  for (const port of ports) {
    expect(port).toBeGreaterThanOrEqual(20_000);
    expect(port).toBeLessThan(30_000);
    const server = createServer().listen(port, '127.0.0.1');
    await once(server, 'listening');
    server.close();
  }
});

test('one port', async () => {
  expect(await freePort()).toBeGreaterThanOrEqual(20_000);
});
