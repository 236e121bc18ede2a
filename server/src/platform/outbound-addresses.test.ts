// What a server lets itself be sent to: by address, by name, and by a name that changes its mind.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { AddressRefused, createOutboundAddresses, isAddressRefused, isPublicAddress } from './outbound-addresses.ts';

test('what is inside is known in every way of writing it', () => {
  const inside = [
    ...['127.0.0.1', '127.8.8.8', '0.0.0.0', '10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.1.1', '100.64.0.1'],
    ...['169.254.169.254', '192.0.0.192', '198.18.0.1', '224.0.0.1', '255.255.255.255'],
    ...[
      '::',
      '::1',
      '::ffff:127.0.0.1',
      '::ffff:10.0.0.1',
      '::ffff:8.8.8.8',
      '64:ff9b::a00:1',
      'fe80::1',
      'fd00:ec2::254',
    ],
    ...['fc00::1', 'fec0::1', 'ff02::1', '2002:7f00:1::', '2001:0:7f00::', '2001:db8::1', 'not an address', ''],
  ];
  expect(inside.filter(isPublicAddress)).toEqual([]);
  const outside = ['8.8.8.8', '1.1.1.1', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '2a00:1450:4001::1'];
  expect(outside.filter((address) => !isPublicAddress(address))).toEqual([]);
});

async function somethingInside() {
  let asked = 0;
  const server = createServer((_request, response) => {
    asked += 1;
    response.end('inside');
  });
  await new Promise<void>((resolve) => server.listen(0, resolve));
  onTestFinished(() => void server.close().closeAllConnections());
  return { port: (server.address() as AddressInfo).port, asked: () => asked };
}

test('a server inside is asked neither by its address nor by a name for it, however it is written', async () => {
  const { port, asked } = await somethingInside();
  const { fetch: guarded, check } = createOutboundAddresses({ allowPrivate: false });
  // 2130706433 and 0x7f.1 are 127.0.0.1 to every HTTP client.
  for (const host of [
    '127.0.0.1',
    'localhost',
    '[::1]',
    '2130706433',
    '0x7f.1',
    '0177.0.0.1',
    '[::ffff:7f00:1]',
    '0',
  ]) {
    const url = `http://${host}:${port}/`;
    const refused = await guarded(url).catch((error: unknown) => error);
    expect(isAddressRefused(refused), host).toBe(true);
    await expect(check(url), host).rejects.toBeInstanceOf(AddressRefused);
  }
  expect(asked()).toBe(0);
  const { fetch: open, check: pass } = createOutboundAddresses({ allowPrivate: true });
  expect(await (await open(`http://localhost:${port}/`)).text()).toBe('inside');
  await pass(`http://localhost:${port}/`);
});

test('a name that does not resolve is no refusal, and its failure is one of the network', async () => {
  const { fetch: guarded, check } = createOutboundAddresses({ allowPrivate: false });
  await check('https://nowhere.invalid/');
  const failed = await guarded('https://nowhere.invalid/').catch((error: unknown) => error);
  expect(failed).toBeInstanceOf(Error);
  expect(isAddressRefused(failed)).toBe(false);
});
