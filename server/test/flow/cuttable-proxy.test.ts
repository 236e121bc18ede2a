import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { openCuttableProxy } from './cuttable-proxy.ts';

test('what stands is reset when the wire is cut, and new connections go through', async () => {
  const asked: string[] = [];
  const server = createServer((incoming, response) => {
    asked.push(incoming.url ?? '');
    if (incoming.url !== '/hangs') response.end('answered');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy = await openCuttableProxy(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  onTestFinished(async () => {
    await proxy.close();
    server.closeAllConnections();
    server.close();
  });

  expect(await (await fetch(`${proxy.url}/first`)).text()).toBe('answered');
  const hanging = request(`${proxy.url}/hangs`, { agent: false });
  const failure = once(hanging, 'error');
  hanging.end();
  await once(server, 'request');
  expect(proxy.cut()).toBeGreaterThan(0);
  expect((await failure)[0]).toMatchObject({ code: 'ECONNRESET' });
  expect(await (await fetch(`${proxy.url}/second`)).text()).toBe('answered');
  expect(asked).toEqual(['/first', '/hangs', '/second']);
});
