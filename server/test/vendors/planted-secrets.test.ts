/**
 * Secrets of tills, looked for where they must not be: in a dump of the database as an operator makes it, with PostgreSQL's
 * own pg_dump, in everything that was logged, in events, metrics and answers. They came in by every way that there is, at
 * real servers of the vendors' kind.
 */
import { randomBytes } from 'node:crypto';
import { startClover, startCustomTill, startSquare, startToast } from '@tillstream/simulators/vendors';
import { expect, onTestFinished, test } from 'vitest';
import { asOwner } from '../../src/platform/owner-connection.ts';
import { eventually } from '../harness/eventually.ts';
import { type HttpAnswer, openCaller } from '../harness/http-caller.ts';
import { findPrograms, missingPrograms, mustHavePrograms, runProgram } from '../recovery/postgres-programs.ts';
import { openWorkshop } from '../recovery/private-cluster.ts';
import { openShop, runServer } from '../recovery/running-shop.ts';

const isReady = findPrograms() !== null;
if (!isReady) process.stdout.write(`${missingPrograms}\n`);

test('the programs are there wherever the tests install them', () => {
  expect(isReady || !mustHavePrograms).toBe(true);
});

/** As text, in hexadecimal as a dump writes bytes, and in base64 wherever in a longer text the secret begins. */
function formsOf(secret: string): string[] {
  const base64 = [0, 1, 2].map((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), Buffer.from(secret)]).toString('base64');
    return encoded.slice(before === 0 ? 0 : 4, -4);
  });
  return [secret, Buffer.from(secret).toString('hex'), ...base64, ...base64.map((text) => text.replaceAll('+', '-'))];
}

function leaksIn(everything: string, secrets: readonly string[]): string[] {
  return secrets.filter((secret) => formsOf(secret).some((form) => everything.includes(form)));
}

async function openVendors() {
  const clock = {
    now: () => Date.now(),
    sleep: (ms: number) => new Promise<void>((done) => void setTimeout(done, ms)),
  };
  const products = [{ sku: 'latte', name: 'Latte', unit: 'piece', priceCents: 450, popularity: 1 }] as const;
  const place = { timeZone: 'UTC', currency: 'USD', closingHour: 4, products };
  const options = { clock, seed: randomBytes(6).toString('hex'), shops: [{ id: 'shop', name: 'Shop', ...place }] };
  const [square, clover, toast, custom] = await Promise.all([
    startSquare({ ...options, shops: [...options.shops, { id: 'second', name: 'Second', ...place }] }),
    startClover(options),
    startToast(options),
    startCustomTill(options),
  ]);
  onTestFinished(async () => {
    for (const vendor of [square, clover, toast, custom]) await vendor.close();
  });
  return { square, clover, toast, custom };
}

if (isReady) {
  test('more than twenty secrets of tills are in no dump, no log, no event, no metric and no answer', async () => {
    const workshop = await openWorkshop();
    onTestFinished(() => workshop.close());
    const cluster = await workshop.newCluster();
    await asOwner(cluster.url('postgres'), (owner) => owner.query('create database tillstream'));
    const databaseUrl = cluster.url('tillstream');
    const logged: string[] = [];
    const server = await runServer(databaseUrl, undefined, logged);
    onTestFinished(() => server.stop());
    const shop = await openShop(server);
    const { square, clover, toast, custom } = await openVendors();

    const secrets: string[] = [];
    const plant = (): string => {
      const secret = `planted-${secrets.length}-${randomBytes(12).toString('hex')}`;
      secrets.push(secret);
      return secret;
    };
    const answers: unknown[] = [];
    const caller = openCaller(server.url, shop.key);
    onTestFinished(() => caller.close());
    const call = async (what: string, body?: object, headers: Record<string, string> = {}): Promise<HttpAnswer> => {
      const answer = await caller.call(what, { ...(body === undefined ? {} : { body }), headers });
      answers.push(answer.body, answer.headers);
      return answer;
    };
    const { locationId } = shop;
    const till = (systemType: string, part: object) => ({
      locationId,
      systemType,
      name: `Till of ${systemType}`,
      ...part,
    });
    const atSquare = (credentials: object) =>
      till('square', {
        ...{ apiEndpoint: square.url, credentials },
        settings: { locationIds: square.externalIdOf('shop'), merchantId: square.merchantId },
      });

    // Refused by the vendor, refused for their fields, sent twice under one key.
    await call('POST /v1/pos-systems', atSquare({ apiKey: plant(), secretKey: plant() }));
    await call('POST /v1/pos-systems', atSquare({ apiKey: plant(), unheardOf: plant() }));
    const keyed = { 'idempotency-key': 'one request' };
    const kept = atSquare({ apiKey: square.accessToken, secretKey: plant() });
    const first = await call('POST /v1/pos-systems', kept, keyed);
    await call('POST /v1/pos-systems', kept, keyed);
    // Taken, at each make: what the vendors gave is as secret as what was planted.
    const { client } = toast;
    secrets.push(square.accessToken, clover.apiTokenOf('shop'), client.clientSecret, custom.apiKey);
    const made = [
      first,
      await call(
        'POST /v1/pos-systems',
        till('clover', {
          ...{ apiEndpoint: clover.url, credentials: { apiKey: clover.apiTokenOf('shop'), secretKey: plant() } },
          settings: { merchantId: clover.externalIdOf('shop') },
        }),
      ),
      await call(
        'POST /v1/pos-systems',
        till('toast', {
          ...{ apiEndpoint: toast.url, credentials: { apiKey: client.clientId, secretKey: client.clientSecret } },
          settings: { restaurantGuid: toast.externalIdOf('shop') },
        }),
      ),
      await call(
        'POST /v1/pos-systems',
        till('custom', {
          ...{ apiEndpoint: custom.baseUrlOf('shop'), credentials: { apiKey: custom.apiKey } },
          settings: { storeId: 'shop' },
        }),
      ),
      await call('POST /v1/pos-systems', till('custom', { credentials: { apiKey: plant(), merchantId: plant() } })),
    ];
    expect(made.map(({ status, body }) => [status, body['code']])).toEqual(made.map(() => [201, undefined]));

    // Let in by a merchant: the app's secret while it waits, the code, and the tokens.
    const second = { locationIds: square.externalIdOf('second') };
    const consent = async (app: object) =>
      call('POST /v1/pos-systems/consents', {
        ...{
          system: till('square', { apiEndpoint: square.url, settings: second }),
          redirectUrl: 'http://127.0.0.1:1/back',
        },
        ...app,
      });
    await consent({ clientId: square.app.clientId, clientSecret: plant() });
    secrets.push(square.app.clientSecret);
    const begun = await consent(square.app);
    const page = await fetch(String(begun.body['consentUrl']), { redirect: 'manual' });
    const { code = '', state = '' } = Object.fromEntries(new URL(page.headers.get('location') ?? '').searchParams);
    secrets.push(code);
    expect((await call('POST /v1/pos-systems/consents/complete', { code, state })).status).toBe(201);

    // Edited, edited too late (both sides are kept for a person), and refused by the vendor, who quotes what it was sent.
    const id = String(first.body['id']);
    const path = `/v1/pos-systems/${id}`;
    const edit = (version: number) =>
      call(`PATCH ${path}`, { credentials: { apiKey: plant(), secretKey: plant() } }, { 'if-match': `"${version}"` });
    expect((await edit(1)).status).toBe(200);
    expect((await edit(1)).status).toBe(409);
    await call(`POST ${path}/try`);
    await call(`POST ${path}/sync`, {});
    await eventually(async () => {
      expect((await call(`GET ${path}`)).body).toMatchObject({ connection: { state: 'failing' } });
    });

    // Keys of webhooks, and what strangers send there.
    for (const systemType of ['square', 'clover', 'toast', 'custom']) {
      const address = await call('POST /v1/pos-webhooks', { systemType, secret: plant() });
      await call(`POST /v1/pos-webhooks/${address.body['id']}/configure`, { secret: plant() });
      for (const header of ['x-square-hmacsha256-signature', 'x-clover-auth', 'toast-signature', 'authorization']) {
        const headers = { 'content-type': 'application/json', [header]: plant() };
        const url = new URL(String(address.body['url']));
        await fetch(server.url + url.pathname, { method: 'POST', body: '{}', headers });
      }
    }
    for (const list of ['pos-systems', 'pos-webhooks', 'sync-conflicts', 'sync-errors', 'events', 'notifications']) {
      await call(`GET /v1/${list}?limit=500`);
    }
    const metrics = await (await fetch(`${server.url}/metrics`)).text();

    const dump = await runProgram('pg_dump', ['--enable-row-security', '--no-owner', `--dbname=${databaseUrl}`]);
    // The dump is the whole of it: it has the tills, sealed credentials among them, and what is planted in it is found.
    expect(dump).toContain('Till of clover');
    expect(dump).toContain('pos_consents');
    await asOwner(databaseUrl, (owner) =>
      owner.query(`update pos_systems set name = $1 where id = $2`, [secrets[7], id]),
    );
    const leaking = await runProgram('pg_dump', [
      '--enable-row-security',
      '--table=pos_systems',
      `--dbname=${databaseUrl}`,
    ]);
    expect(leaksIn(leaking, secrets)).toEqual([secrets[7]]);

    expect(secrets.length).toBeGreaterThan(20);
    for (const [place, text] of Object.entries({
      ...{ dump, metrics, log: logged.join(''), answers: JSON.stringify(answers) },
    })) {
      expect(leaksIn(text, secrets), place).toEqual([]);
    }
    expect(logged.length).toBeGreaterThan(50);
  }, 240_000);
}
